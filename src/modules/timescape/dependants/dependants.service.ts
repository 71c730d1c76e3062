import { type Static, Type } from '@sinclair/typebox'
import { sql } from 'kysely'
import { Gathered } from '../../../shared/gathered.ts'
import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { Events } from '../../../shared/kernel/events.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { service } from '../../../shared/kernel/service.ts'
import { pageOf } from '../../../shared/types/page.ts'
import { isVersionRange } from '../../../shared/types/version.ts'
import type { Authorizer, Sight } from '../../auth/contract.ts'
import type { Artifact, ArtifactRef, Catalog } from '../../metadata/contract.ts'
import type { Records } from '../../metadata/records.contract.ts'
import { seenArtifacts } from '../../metadata/sight.contract.ts'
import { DependantsAffected } from '../events.contract.ts'
import { readId } from '../graph/cursors.ts'
import { VersionRange } from '../transform/range.ts'
import { indexDependencies } from './index-dependencies.ts'

export const DependantView = Type.Object({
  artifactId: Type.String(),
  namespace: Type.String(),
  name: Type.String(),
  format: Type.String(),
  version: Type.String({ description: 'The highest version of the dependant.' }),
  range: Type.String({ description: 'What it takes.' }),
  optional: Type.Boolean(),
  kind: Type.String({ description: 'runtime, peer, optional, model, module or image.' }),
})
export type DependantView = Static<typeof DependantView>

export interface Dependants {
  /** Those the caller may see, by the age of the artifact. */
  list(
    principal: Principal,
    ref: ArtifactRef,
    page: { readonly cursor?: string; readonly limit: number },
  ): Promise<{ items: DependantView[]; nextCursor: string | null }>
}
export const Dependants = service<Dependants>('timescape.dependants')

export interface DependantsDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly authorizer: Authorizer
  readonly catalog: Catalog
  readonly records: Records
}

export interface Affecting {
  readonly artifactId: string
  readonly cause: 'breaking-change' | 'deprecation'
  /** The one thing of the artifact that is told; again only for another reason. */
  readonly about: string
  /** Dependants whose range takes one of these are affected. */
  readonly versions: readonly string[]
  readonly version: string
  readonly reason: string
}

const batchSize = 100
const maxAffected = 1_000
const gatherMs = 50

/** Who depends on what, by the highest version of each artifact. */
export class DependantsService implements Dependants {
  readonly #deps: DependantsDeps
  readonly #indexed = new Gathered((artifactIds) => indexDependencies(this.#deps, artifactIds), gatherMs)

  constructor(deps: DependantsDeps) {
    this.#deps = deps
  }

  async list(principal: Principal, ref: ArtifactRef, { cursor, limit }: { readonly cursor?: string; readonly limit: number }) {
    const { catalog, authorizer } = this.#deps
    const { artifact } = await catalog.locate(principal, ref, 'read')
    const sight = await authorizer.sight(principal)
    const rows = await this.#rows(artifact, { after: readId(cursor), limit: limit + 1, sight })
    return pageOf(rows, limit, ({ artifactId }) => [artifactId])
  }

  /** What the highest version of the artifact depends on, in the place of what the one before did. Idempotent; publishes come in flocks. */
  index(artifactId: string): Promise<void> {
    return this.#indexed.add(artifactId)
  }

  /** What was told is told again when it comes back. */
  async forget(artifactId: string, { cause, about }: Pick<Affecting, 'cause' | 'about'>): Promise<void> {
    await this.#deps.database
      .sql`delete from timescape_announcements where artifact_id = ${artifactId} and cause = ${cause} and about = ${about}`
  }

  /** Tells of those whom it concerns, at most `maxAffected`, in batches; once, however often it is called. */
  async announce({ artifactId, cause, about, versions, version, reason }: Affecting): Promise<void> {
    const { database, events, records, transaction } = this.#deps
    const artifact = await records.artifact(artifactId)
    if (!artifact) return
    const affected: DependantView[] = []
    for (let after: string | null = null; affected.length < maxAffected; ) {
      const rows: DependantView[] = await this.#rows(artifact, { after, limit: batchSize * 5 })
      affected.push(...rows.filter(({ range }) => takesAny(range, versions)))
      after = rows.at(-1)?.artifactId ?? null
      if (rows.length < batchSize * 5) break
    }
    const { namespace, name, format } = artifact
    const told = affected
      .slice(0, maxAffected)
      .map((one) => ({ artifactId: one.artifactId, namespace: one.namespace, name: one.name, range: one.range }))
    await transaction.run(async () => {
      const fresh = await database.sql`insert into timescape_announcements as a (artifact_id, cause, about, detail)
        values (${artifactId}, ${cause}, ${about}, md5(${reason}))
        on conflict (artifact_id, cause, about) do update set detail = excluded.detail, announced_at = now() where a.detail <> excluded.detail
        returning 1`
      if (fresh.length === 0) return
      for (let at = 0; at < told.length; at += batchSize)
        await events.emit(DependantsAffected, {
          ...{ artifactId, namespace, name, format, version, cause, reason: reason.slice(0, 1_000) },
          dependants: told.slice(at, at + batchSize),
        })
    })
  }

  #rows(
    { namespace, name, format }: Pick<Artifact, 'namespace' | 'name' | 'format'>,
    { after, limit, sight }: { readonly after: string | null; readonly limit: number; readonly sight?: Sight },
  ): Promise<DependantView[]> {
    return this.#deps.database
      .sql<DependantView>`select d.artifact_id as "artifactId", n.name as namespace, a.name, a.format, d.version, d.range, d.optional, d.kind
      from timescape_dependencies d join artifacts a on a.id = d.artifact_id join namespaces n on n.id = a.namespace_id
      where d.target_namespace = ${namespace} and d.target_name = ${name} and coalesce(d.target_format, ${format}) = ${format}
        and a.state = 'active' and n.state = 'active'
        and (${after}::uuid is null or d.artifact_id > ${after}::uuid) and ${sight ? seenArtifacts(sight) : sql`true`}
      order by d.artifact_id limit ${limit}`
  }
}

/** A range nobody can read, such as a URL, takes nothing. */
function takesAny(text: string, versions: readonly string[]): boolean {
  if (!isVersionRange(text)) return false
  const range = new VersionRange(text)
  return versions.some((version) => range.has(version))
}
