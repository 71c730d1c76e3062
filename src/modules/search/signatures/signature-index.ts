import type { RawBuilder } from 'kysely'
import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { Logger } from '../../../shared/kernel/logger.ts'
import { LoopTurn } from '../../../shared/kernel/loop-turn.ts'
import type { Signatures, WantedSignature } from '../../timescape/signatures.contract.ts'
import { SignaturesAbsent } from '../errors.ts'
import { dependencyNames } from './dependency-names.ts'
import { parseSignatureText } from './signature-text.ts'
import {
  candidatesOf,
  changedDeclarations,
  type Declaration,
  type DeclaredSource,
  type ShownTypes,
  typesOf,
  writeDeclarations,
} from './signatures.queries.ts'

/** Artifacts whose types are compared for one search. */
const maxCandidates = 1_000
/** Artifacts whose types are in memory at a time. */
const pageSize = 50
/** Of one search, whichever ends first. */
const maxBytes = 8_388_608
const compareMs = 400

export interface SignatureIndexDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly signatures: Signatures | undefined
  readonly log: Logger
}

export interface FoundBySignature {
  readonly artifactIds: readonly string[]
  /** The index left more than could be compared. */
  readonly truncated: boolean
}

/** Artifacts by the fields of the types that their shown version declares. */
export class SignatureIndex {
  readonly #deps: SignatureIndexDeps

  constructor(deps: SignatureIndexDeps) {
    this.#deps = deps
  }

  /** Indexes those of these documents whose declarations changed; answers how many did. */
  async renew(artifactIds: readonly string[]): Promise<number> {
    const { database, signatures } = this.#deps
    let renewed = 0
    for (let at = 0; at < artifactIds.length; at += pageSize) {
      const changed = await changedDeclarations(database, artifactIds.slice(at, at + pageSize))
      if (changed.length > 0) await this.#write(await declarationsOf(changed, signatures))
      renewed += changed.length
    }
    return renewed
  }

  /**
   * The same for those that declare no types, which the database takes whatever they say: belongs into the transaction that wrote the documents. Answers
   * which of the others changed.
   */
  async renewPlain(artifactIds: readonly string[]): Promise<string[]> {
    const { database } = this.#deps
    const left: string[] = []
    for (let at = 0; at < artifactIds.length; at += pageSize) {
      const changed = await changedDeclarations(database, artifactIds.slice(at, at + pageSize))
      const plain = changed.filter(({ gtypes }) => gtypes === null)
      await writeDeclarations(database, await declarationsOf(plain, undefined))
      left.push(...changed.filter(({ gtypes }) => gtypes !== null).map(({ artifactId }) => artifactId))
    }
    return left
  }

  /** What the database refuses of one artifact keeps no other from its place: that one declares nothing until it declares something else. */
  async #write(declarations: readonly Declaration[]): Promise<void> {
    const { database, transaction, log } = this.#deps
    try {
      await transaction.run(() => writeDeclarations(database, declarations))
    } catch (error) {
      const [only, ...others] = declarations
      if (!only || !isRefused(error)) throw error
      if (others.length > 0) {
        for (const one of declarations) await this.#write([one])
        return
      }
      log.warn({ err: error, artifactId: only.artifactId }, 'the types of an artifact cannot be indexed')
      await transaction.run(() => writeDeclarations(database, [{ ...only, dependencies: [], declared: [] }]))
    }
  }

  /** Of rows `d`, `a` and `n` that `where` lets through. Throws `search.signature_invalid`, `timescape.signature_unreadable`. */
  async find(text: string, where: RawBuilder<unknown>): Promise<FoundBySignature> {
    const { database, signatures } = this.#deps
    const parts = parseSignatureText(text)
    if (!signatures) throw new SignaturesAbsent()
    const wanted = signatures.wanted(parts)
    const candidates = await candidatesOf(database, wanted.parts, { where, limit: maxCandidates + 1 })
    const compared = await this.#compare(candidates.slice(0, maxCandidates), wanted)
    return { ...compared, truncated: compared.truncated || candidates.length > maxCandidates }
  }

  /** Whoever declares most costs a request no more than its budget, and memory no more than a page. */
  async #compare(candidates: readonly string[], wanted: WantedSignature): Promise<FoundBySignature> {
    const until = performance.now() + compareMs
    const turn = new LoopTurn()
    const artifactIds: string[] = []
    let bytes = 0
    for await (const { artifactId, gtypes } of this.#typesOf(candidates)) {
      if (performance.now() > until || bytes > maxBytes) return { artifactIds, truncated: true }
      if (wanted.fits(JSON.parse(gtypes))) artifactIds.push(artifactId)
      bytes += gtypes.length
      if (turn.isOver) await turn.next()
    }
    return { artifactIds, truncated: false }
  }

  async *#typesOf(artifactIds: readonly string[]): AsyncGenerator<ShownTypes> {
    for (let at = 0; at < artifactIds.length; at += pageSize)
      yield* await typesOf(this.#deps.database, artifactIds.slice(at, at + pageSize))
  }
}

/** SQLSTATE classes 22 and 54: the values themselves are what the database does not take. */
const isRefused = (error: unknown): boolean => error instanceof Error && 'code' in error && /^(?:22|54)/.test(String(error.code))

async function declarationsOf(sources: readonly DeclaredSource[], signatures: Signatures | undefined): Promise<readonly Declaration[]> {
  const turn = new LoopTurn()
  const declarations: Declaration[] = []
  for (const { artifactId, source, gtypes, dependencies } of sources) {
    declarations.push({ artifactId, source, dependencies: dependencyNames(dependencies), declared: signatures?.declared(gtypes) ?? [] })
    if (turn.isOver) await turn.next()
  }
  return declarations
}
