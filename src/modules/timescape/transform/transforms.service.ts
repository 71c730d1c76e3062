import type { Database } from '../../../shared/kernel/database.ts'
import { LoopTurn } from '../../../shared/kernel/loop-turn.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import type { Authorizer } from '../../auth/contract.ts'
import type { Artifact, ArtifactRef, Catalog } from '../../metadata/contract.ts'
import type { Records } from '../../metadata/records.contract.ts'
import { NodeNotFound, TransformerMissing, TransformFailed, TransformTooLarge } from '../errors.ts'
import { nodeByName } from '../graph/nodes.queries.ts'
import { chainBetween } from '../graph/reading.queries.ts'
import { directionIn } from '../gtype/symbols.ts'
import type { TransformerView, TransformRequest, Transforms, TransformView } from '../transform-views.ts'
import { applyOperation } from './apply-operation.ts'
import { findPath, type Hop, type Routes } from './find-path.ts'
import type { Operation } from './operations.ts'
import type { TransformerStep } from './transformer-document.ts'
import type { TransformerShelf } from './transformer-shelf.ts'

export interface TransformsDeps {
  readonly database: Database
  readonly authorizer: Authorizer
  readonly catalog: Catalog
  readonly records: Records
  readonly shelf: TransformerShelf
}

const maxMs = 5_000
const maxSearchMs = 1_000
const maxVisits = 1_000_000
const maxAddedBytes = 4_194_304

/** Payloads of one version as another version takes them. */
export class TransformsService implements Transforms {
  readonly #deps: TransformsDeps

  constructor(deps: TransformsDeps) {
    this.#deps = deps
  }

  async list(principal: Principal, ref: ArtifactRef): Promise<TransformerView[]> {
    const { artifact } = await this.#deps.catalog.locate(principal, ref, 'read')
    const shelved = await this.#deps.shelf.list(artifact, await this.#deps.authorizer.sight(principal))
    return shelved.map(({ name, from, to, types, publishedAt }) => ({
      ...{ transformer: name, fromVersion: from.text, toVersion: to.text, publishedAt },
      types: [...types],
    }))
  }

  async transform(principal: Principal, ref: ArtifactRef, request: TransformRequest): Promise<TransformView> {
    const { database, authorizer, catalog, records, shelf } = this.#deps
    const { artifact } = await catalog.locate(principal, ref, 'read')
    const { from, to } = request
    const ends: Metadata[] = []
    for (const version of [from, to]) {
      const node = await nodeByName(database, artifact.id, version)
      if (!node) throw new NodeNotFound(version)
      const published = node.versionId === null ? undefined : await records.version(node.versionId)
      ends.push(published?.metadata ?? {})
    }
    const sight = await authorizer.sight(principal)
    const routes = await shelf.routes(artifact, sight)
    const path = findPath({ from, to }, routes)
    if (!path) throw new TransformerMissing({ from, to, missing: await this.#missing(artifact, { from, to }, routes) })
    const names = [...new Set(path.map(({ transformer }) => transformer))]
    return { from, to, path: [...path], payload: await run(path, { steps: await shelf.steps(artifact, names, sight), ends }, request) }
  }

  /** The first breaking step between the two that nothing leads over. */
  async #missing({ id }: Artifact, { from, to }: { readonly from: string; readonly to: string }, routes: Routes) {
    const { database } = this.#deps
    const [left, right] = [await nodeByName(database, id, from), await nodeByName(database, id, to)]
    if (!left || !right) return { from, to }
    const isUp = left.sortKey < right.sortKey
    const [lower, higher] = isUp ? [left, right] : [right, left]
    const chain = await chainBetween(database, { lowerId: lower.id, higherId: higher.id })
    const steps = isUp ? chain.toReversed() : chain
    const open = await firstOpen(
      steps.filter(({ type }) => type === 'breaking'),
      routes,
    )
    if (!open) return { from, to }
    return isUp ? { from: open.from, to: open.to } : { from: open.to, to: open.from }
  }
}

/** Of many steps some may stay unlooked at: then no step is named. */
async function firstOpen<T extends { readonly from: string; readonly to: string }>(steps: readonly T[], routes: Routes) {
  const [turn, endsAt] = [new LoopTurn(), performance.now() + maxSearchMs]
  for (const step of steps) {
    if (turn.isOver) await turn.next()
    if (performance.now() > endsAt) return undefined
    if (!findPath(step, routes)) return step
  }
  return undefined
}

type Metadata = Readonly<Record<string, unknown>>

/** What is known of the way: what its transformers do, and what the versions at its ends say of their types. */
interface Way {
  readonly steps: ReadonlyMap<string, readonly TransformerStep[]>
  readonly ends: readonly Metadata[]
}

async function run(path: readonly Hop[], way: Way, request: TransformRequest): Promise<unknown> {
  const allowance = { visits: maxVisits, bytes: maxAddedBytes }
  const endsAt = performance.now() + maxMs
  const turn = new LoopTurn()
  const work = path.map((hop) => ({ hop, operations: operationsOf(hop, way, request) }))
  const { type } = request
  const isNamed = type === undefined || path.length === 0 || [...way.steps.values()].flat().some((step) => step.type === type)
  if (!isNamed) throw new TransformFailed(`no transformer of the path transforms the type ${type}`, { type, path })
  let { payload } = request
  for (const { hop, operations } of work)
    for (const operation of operations) {
      if (turn.isOver) await turn.next()
      if (performance.now() > endsAt) throw new TransformTooLarge(`the transformation takes longer than ${maxMs / 1_000} s`)
      payload = applied(payload, operation, { hop, allowance })
    }
  return payload
}

function applied(
  payload: unknown,
  operation: Operation,
  { hop, allowance }: { readonly hop: Hop; readonly allowance: Parameters<typeof applyOperation>[2] },
): unknown {
  try {
    return applyOperation(payload, operation, allowance)
  } catch (error) {
    // Which of several transformers it was, its author has to know.
    if (error instanceof TransformFailed) throw new TransformFailed(error.message, { ...error.details, hop })
    throw error
  }
}

/** Of the type the payload is of: the one that is named, else the only one of the direction. */
function operationsOf(hop: Hop, { steps: known, ends }: Way, { from, to, type, direction }: TransformRequest): readonly Operation[] {
  const steps = known.get(hop.transformer)
  // It is gone since the path was found, or what it says can no longer be read.
  if (!steps || steps.length === 0) throw new TransformerMissing({ from, to, missing: { from: hop.from, to: hop.to } })
  const wanted = steps.filter((step) => {
    if (type !== undefined) return step.type === type
    return direction === undefined || ends.some((metadata) => [direction, 'both'].includes(directionIn(metadata, step.type)))
  })
  const types = [...new Set(wanted.map((step) => step.type))]
  if (types.length > 1)
    throw new TransformFailed(`${hop.transformer} transforms several types: say which one the payload is of`, {
      types: types.slice(0, 50),
      hop,
    })
  return wanted.flatMap((step) => step[hop.direction])
}
