import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import type { Audit } from '../../auth/contract.ts'
import type { ArtifactRef, Catalog, Versions } from '../../metadata/contract.ts'
import type { Records } from '../../metadata/records.contract.ts'
import { GuideNotFound, NodeNotFound, QueryInvalid } from '../errors.ts'
import { nodeByName } from '../graph/nodes.queries.ts'
import { parseInstant } from '../resolve/requested.ts'
import type { DeprecationView, GuideView, VersionNotes } from '../views.ts'

export interface VersionNotesDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly catalog: Catalog
  readonly versions: Versions
  readonly records: Records
  readonly audit: Audit
}

interface EdgeNames {
  readonly from: string
  readonly to: string
}

const maxListed = 1_000
const maxGuides = 1_000

/** Deprecations with a date and a way out (R11.4), and guides from version to version. */
export class VersionNotesService implements VersionNotes {
  readonly #deps: VersionNotesDeps

  constructor(deps: VersionNotesDeps) {
    this.#deps = deps
  }

  async deprecations(principal: Principal, ref: ArtifactRef): Promise<DeprecationView[]> {
    const { artifact } = await this.#deps.catalog.locate(principal, ref, 'read')
    return this.#deps.database.sql<DeprecationView>`select v.version, v.deprecated_reason as reason, d.sunset, d.suggestion
      from versions v left join timescape_deprecations d on d.artifact_id = v.artifact_id and d.version = v.version
      where v.artifact_id = ${artifact.id} and v.deprecated_reason is not null and v.state in ('deprecated', 'yanked')
      order by v.sort_key desc, v.id desc limit ${maxListed}`
  }

  async deprecate(
    principal: Principal,
    ref: ArtifactRef,
    { version, reason, sunset, suggestion }: { version: string; reason: string; sunset?: string; suggestion?: string },
  ): Promise<DeprecationView> {
    const { database, transaction, versions } = this.#deps
    const endsAt = sunset === undefined ? null : parseInstant(sunset)
    if (endsAt === undefined) throw new QueryInvalid('sunset is no instant')
    return transaction.run(async () => {
      const changed = await versions.deprecate(principal, ref, { version, reason })
      const [row] = await database.sql<{ sunset: string | null; suggestion: string | null }>`
        insert into timescape_deprecations (artifact_id, version, sunset, suggestion)
        values (${changed.artifactId}, ${changed.version}, ${endsAt}::timestamptz, ${suggestion ?? null})
        on conflict (artifact_id, version) do update set sunset = excluded.sunset, suggestion = excluded.suggestion, set_at = now()
        returning sunset, suggestion`
      return { version: changed.version, reason, sunset: row?.sunset ?? null, suggestion: row?.suggestion ?? null }
    })
  }

  async undeprecate(principal: Principal, ref: ArtifactRef, version: string): Promise<void> {
    const { database, transaction, versions } = this.#deps
    await transaction.run(async () => {
      const changed = await versions.deprecate(principal, ref, { version, reason: null })
      await database.sql`delete from timescape_deprecations where artifact_id = ${changed.artifactId} and version = ${changed.version}`
    })
  }

  /** A deprecation that was taken back elsewhere takes its date with it. */
  async forget(versionId: string): Promise<void> {
    const version = await this.#deps.records.version(versionId)
    if (!version || version.state === 'deprecated' || version.state === 'yanked') return
    await this.#deps.database
      .sql`delete from timescape_deprecations where artifact_id = ${version.artifactId} and version = ${version.version}`
  }

  async guide(principal: Principal, ref: ArtifactRef, { from, to }: EdgeNames): Promise<GuideView> {
    const { artifact } = await this.#deps.catalog.locate(principal, ref, 'read')
    const [row] = await this.#deps.database
      .sql<GuideView>`select from_version as "from", to_version as "to", body, updated_at as "updatedAt"
      from timescape_guides where artifact_id = ${artifact.id} and from_version = ${from} and to_version = ${to}`
    if (!row) throw new GuideNotFound(from, to)
    return row
  }

  async setGuide(principal: Principal, ref: ArtifactRef, { from, to, body }: EdgeNames & { readonly body: string }): Promise<GuideView> {
    const { database, transaction, catalog, audit } = this.#deps
    const { artifact, namespace, caller } = await catalog.locate(principal, ref, 'publish')
    if (from === to) throw new QueryInvalid('a guide leads from one version to another')
    if (body.includes('\0') || !body.isWellFormed()) throw new QueryInvalid('the guide has characters that cannot be stored')
    for (const version of [from, to]) if (!(await nodeByName(database, artifact.id, version))) throw new NodeNotFound(version)
    return transaction.run(async () => {
      const [others] = await database.sql<{ count: number }>`select count(*)::integer as count from timescape_guides
        where artifact_id = ${artifact.id} and (from_version, to_version) <> (${from}, ${to})`
      if ((others?.count ?? 0) >= maxGuides) throw new QueryInvalid(`an artifact has at most ${maxGuides} guides`)
      const [row] = await database.sql<GuideView>`insert into timescape_guides (artifact_id, from_version, to_version, body, updated_by)
        values (${artifact.id}, ${from}, ${to}, ${body}, ${caller?.userId ?? null})
        on conflict (artifact_id, from_version, to_version) do update set body = excluded.body, updated_by = excluded.updated_by, updated_at = now()
        returning from_version as "from", to_version as "to", body, updated_at as "updatedAt"`
      const subject = `${namespace.name}/${artifact.name}`
      await audit.record({
        action: 'migration_guide.changed',
        subject,
        subjectId: artifact.id,
        namespace: namespace.name,
        after: { from, to },
      })
      return row ?? { from, to, body, updatedAt: '' }
    })
  }

  async removeGuide(principal: Principal, ref: ArtifactRef, { from, to }: EdgeNames): Promise<void> {
    const { database, transaction, catalog, audit } = this.#deps
    const { artifact, namespace } = await catalog.locate(principal, ref, 'publish')
    await transaction.run(async () => {
      const rows = await database.sql`delete from timescape_guides
        where artifact_id = ${artifact.id} and from_version = ${from} and to_version = ${to} returning 1`
      if (rows.length === 0) throw new GuideNotFound(from, to)
      const subject = `${namespace.name}/${artifact.name}`
      await audit.record({
        ...{ action: 'migration_guide.removed', subject, subjectId: artifact.id, namespace: namespace.name },
        before: { from, to },
      })
    })
  }
}
