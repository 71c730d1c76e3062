import { type RawBuilder, sql } from 'kysely'
import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { Sight } from '../../auth/contract.ts'
import type { Artifact } from '../../metadata/contract.ts'
import type { Records } from '../../metadata/records.contract.ts'
import { seenArtifacts } from '../../metadata/sight.contract.ts'
import type { Link, Routes } from './find-path.ts'
import { routesOf } from './find-path.ts'
import { VersionRange } from './range.ts'
import { problemOf, type TransformerStep, targetOf, transformerSteps } from './transformer-document.ts'

export interface TransformerShelfDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly records: Records
}

/** Of one artifact; the last ones. */
const maxTransformers = 100
/** The highest ones; beyond, paths go through ranges of the others only. */
const maxVersions = 2_000

type Named = Pick<Artifact, 'id' | 'namespace' | 'name'>

export interface ShelvedTransformer extends Link {
  readonly types: readonly string[]
  readonly publishedAt: string
}

/**
 * Transformers by the artifact they are about. Only those of the artifact's own namespace count: nobody else may say how the payloads of its versions
 * are read. What is registered stays as it is. Callers are shown, and have payloads changed by, those that they may see.
 */
export class TransformerShelf {
  readonly #deps: TransformerShelfDeps

  constructor(deps: TransformerShelfDeps) {
    this.#deps = deps
  }

  /** The version of an artifact of type transformer; one that cannot be used is kept with the reason. Idempotent. */
  async register(versionId: string): Promise<void> {
    const { database, records } = this.#deps
    const version = await records.version(versionId)
    const artifact = version && (await records.artifact(version.artifactId))
    if (!version || artifact?.type !== 'transformer') return
    const { fromArtifact, fromVersion, toVersion, transformations } = version.metadata
    const problem = problemOf(version.metadata)
    const target = targetOf(typeof fromArtifact === 'string' ? fromArtifact : '', artifact.namespace)
    const document = JSON.stringify({ fromArtifact, fromVersion, toVersion, transformations })
    await database.sql`insert into timescape_transformers
        (version_id, artifact_id, target_namespace, target_name, version, from_range, to_range, document, problem)
      values (${versionId}, ${artifact.id}, ${target.namespace}, ${target.name}, ${version.version}, ${String(fromVersion)}, ${String(toVersion)},
        ${document}::jsonb, ${problem})
      on conflict (version_id) do nothing`
  }

  /** The newest first; without their documents, which may be large. */
  async of({ namespace, name }: Named, sight: Sight): Promise<readonly Link[]> {
    const rows = await this.#rows<ShelfRow>({ namespace, name, sight }, shelfColumns)
    return rows.map((row) => linkOf(namespace, row))
  }

  /** The newest first, with the types whose payloads they change. */
  async list({ namespace, name }: Named, sight: Sight): Promise<readonly ShelvedTransformer[]> {
    const rows = await this.#rows<ShelfRow & { readonly publishedAt: string; readonly types: string[] }>(
      { namespace, name, sight },
      sql`${shelfColumns}, v.published_at as "publishedAt", jsonb_path_query_array(t.document, '$.transformations[*].type') as types`,
    )
    return rows.map((row) => ({ ...linkOf(namespace, row), publishedAt: row.publishedAt, types: [...new Set(row.types)] }))
  }

  /** What these transformers do, by their names. */
  async steps(
    { namespace, name }: Named,
    wanted: readonly string[],
    sight: Sight,
  ): Promise<ReadonlyMap<string, readonly TransformerStep[]>> {
    const only = sql`and ${namespace} || '/' || a.name || ':' || t.version = any(${[...wanted]}::text[])`
    const rows = await this.#rows<ShelfRow & { readonly document: unknown }>(
      { namespace, name, sight },
      sql`${shelfColumns}, t.document`,
      only,
    )
    return new Map(rows.map((row) => [linkOf(namespace, row).name, transformerSteps(row.document)]))
  }

  #rows<T extends object>(
    { namespace, name, sight }: Pick<Named, 'namespace' | 'name'> & { readonly sight: Sight },
    columns: RawBuilder<unknown>,
    only: RawBuilder<unknown> = sql``,
  ): Promise<T[]> {
    return this.#deps.database.sql<T>`select ${columns} from timescape_transformers t
        join artifacts a on a.id = t.artifact_id join namespaces n on n.id = a.namespace_id join versions v on v.id = t.version_id
      where t.target_namespace = ${namespace} and t.target_name = ${name} and n.name = ${namespace} and t.problem is null
        and v.state in ('published', 'deprecated') and a.state = 'active' and ${seenArtifacts(sight)} ${only} order by t.created_at desc, t.version_id desc limit ${maxTransformers}`
  }

  /** Everything a path may go over. */
  async routes(artifact: Named, sight: Sight): Promise<Routes> {
    const { database } = this.#deps
    const versions = await database.sql<{ id: string; version: string }>`select id, version from timescape_nodes
      where artifact_id = ${artifact.id} and state = 'live' and major is not null order by sort_key desc, version desc limit ${maxVersions}`
    const names = new Map(versions.map(({ id, version }) => [id, version]))
    const edges = await database.sql<{
      fromId: string
      toId: string
    }>`select e.from_id as "fromId", e.to_id as "toId" from timescape_edges e
      where e.to_id = any(${versions.map(({ id }) => id)}::uuid[]) and e.kind = 'succession' and e.type <> 'breaking'`
    const alike = new Map<string, string[]>()
    for (const { fromId, toId } of edges) {
      const [from, to] = [names.get(fromId), names.get(toId)]
      if (from === undefined || to === undefined) continue
      alike.set(from, [...(alike.get(from) ?? []), to])
      alike.set(to, [...(alike.get(to) ?? []), from])
    }
    return routesOf({ versions: versions.map(({ version }) => version), alike, transformers: await this.of(artifact, sight) })
  }
}

interface ShelfRow {
  readonly name: string
  readonly version: string
  readonly from: string
  readonly to: string
}
const shelfColumns = sql`a.name, t.version, t.from_range as "from", t.to_range as "to"`

const linkOf = (namespace: string, { name, version, from, to }: ShelfRow): Link => ({
  name: `${namespace}/${name}:${version}`,
  from: new VersionRange(from),
  to: new VersionRange(to),
})
