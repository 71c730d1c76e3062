import { Migration } from '@mikro-orm/migrations'

/** What waits between a push and its names, and what nobody gets because of what it is. */
export class Publications extends Migration {
  override up(): void {
    this.addSql(`create table held_publications (
      artifact_id uuid not null references artifacts (id),
      manifest_digest text collate "C" not null,
      size_bytes bigint not null,
      keeps_latest boolean not null,
      holds jsonb not null,
      held_at timestamptz not null default now(),
      expires_at timestamptz not null,
      constraint held_publications_pkey primary key (artifact_id, manifest_digest)
    )`)
    this.addSql('create index held_publications_expires_at_index on held_publications (expires_at)')
    this.addSql(`create table held_names (
      artifact_id uuid not null,
      manifest_digest text collate "C" not null,
      name text collate "C" not null,
      version_id uuid null references versions (id),
      asked bigint not null,
      asked_by uuid null,
      constraint held_names_pkey primary key (artifact_id, manifest_digest, name),
      constraint held_names_publication_fkey foreign key (artifact_id, manifest_digest)
        references held_publications (artifact_id, manifest_digest) on delete cascade
    )`)
    this.addSql('create index held_names_artifact_id_name_index on held_names (artifact_id, name)')
    this.addSql(`create table quarantines (
      artifact_id uuid not null references artifacts (id),
      manifest_digest text collate "C" not null,
      cause text collate "C" not null,
      reason text not null,
      quarantined_at timestamptz not null default clock_timestamp(),
      constraint quarantines_pkey primary key (artifact_id, manifest_digest, cause)
    )`)
    this.addSql('alter table versions add column state_before text null, add column reason_before text null')
  }
}
