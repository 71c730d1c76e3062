import { Migration } from '@mikro-orm/migrations'

/** Names of manifests, as OCI clients see them. */
export class References extends Migration {
  override up(): void {
    this.addSql(`alter table artifacts
      add column labels jsonb not null default '{}',
      add column has_manifests boolean not null default false,
      add column type_settled boolean not null default false`)
    this.addSql(
      `update artifacts a set has_manifests = true, type_settled = true where exists (select 1 from versions v where v.artifact_id = a.id)`,
    )
    this.addSql(`create index artifacts_repositories_index on artifacts (namespace_id, visibility, name)
      where format = 'oci' and has_manifests and state = 'active'`)
    this.addSql('create index tags_artifact_id_manifest_digest_index on tags (artifact_id, manifest_digest)')
    this.addSql('create index versions_artifact_id_manifest_digest_index on versions (artifact_id, manifest_digest)')
    this.addSql(`create index versions_reference_index on versions (artifact_id, replace(version, '+', '_'))`)
  }
}
