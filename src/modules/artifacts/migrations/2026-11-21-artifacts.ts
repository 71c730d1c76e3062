import { Migration } from '@mikro-orm/migrations'

export class Artifacts extends Migration {
  override up(): void {
    this.addSql(`
      create table blobs (
        id uuid primary key,
        size_bytes bigint not null check (size_bytes >= 0),
        storage_key text collate "C" not null unique,
        state text not null default 'stored',
        created_at timestamptz not null default now(),
        touched_at timestamptz not null default now()
      )`)
    this.addSql(`create index blobs_touched on blobs (touched_at)`)
    this.addSql(`
      create table blob_digests (
        algorithm text collate "C" not null,
        digest text collate "C" not null,
        blob_id uuid not null references blobs (id) on delete cascade,
        primary key (algorithm, digest)
      )`)
    this.addSql(`create index blob_digests_blob on blob_digests (blob_id)`)
    this.addSql(`
      create table manifests (
        id uuid primary key,
        algorithm text collate "C" not null,
        digest text collate "C" not null,
        media_type text not null,
        artifact_type text,
        subject text collate "C",
        content bytea not null,
        created_at timestamptz not null default now(),
        touched_at timestamptz not null default now(),
        unique (algorithm, digest)
      )`)
    this.addSql(`create index manifests_touched on manifests (touched_at)`)
    this.addSql(`
      create table manifest_blobs (
        manifest_id uuid not null references manifests (id) on delete cascade,
        blob_id uuid not null references blobs (id),
        primary key (manifest_id, blob_id)
      )`)
    this.addSql(`create index manifest_blobs_blob on manifest_blobs (blob_id)`)
    this.addSql(`
      create table manifest_children (
        manifest_id uuid not null references manifests (id) on delete cascade,
        child_id uuid not null references manifests (id),
        primary key (manifest_id, child_id)
      )`)
    this.addSql(`create index manifest_children_child on manifest_children (child_id)`)
    this.addSql(`
      create table artifact_manifests (
        artifact_id uuid not null references artifacts (id),
        manifest_id uuid not null references manifests (id),
        touched_at timestamptz not null default now(),
        primary key (artifact_id, manifest_id)
      )`)
    this.addSql(`create index artifact_manifests_manifest on artifact_manifests (manifest_id)`)
    this.addSql(`
      create table artifact_blobs (
        artifact_id uuid not null references artifacts (id),
        blob_id uuid not null references blobs (id),
        namespace_id uuid not null references namespaces (id),
        linked_at timestamptz not null default now(),
        primary key (artifact_id, blob_id)
      )`)
    this.addSql(`create index artifact_blobs_blob on artifact_blobs (blob_id, namespace_id)`)
    this.addSql(`create index artifact_blobs_namespace on artifact_blobs (namespace_id, blob_id)`)
    this.addSql(`
      create table upload_sessions (
        id uuid primary key,
        user_id uuid not null,
        namespace_id uuid not null references namespaces (id),
        namespace text collate "C" not null,
        name text collate "C" not null,
        format text,
        reserved_bytes bigint not null default 0,
        finishing_digest text collate "C",
        copy_key text collate "C",
        created_at timestamptz not null default now(),
        expires_at timestamptz not null
      )`)
    this.addSql(`create index upload_sessions_expiry on upload_sessions (expires_at)`)
    this.addSql(`create index upload_sessions_namespace on upload_sessions (namespace_id)`)
    // What finished before its artifact existed: usable by the same user for the first publish.
    this.addSql(`
      create table upload_links (
        namespace_id uuid not null references namespaces (id),
        name text collate "C" not null,
        user_id uuid not null,
        blob_id uuid not null references blobs (id),
        created_at timestamptz not null default now(),
        primary key (namespace_id, name, user_id, blob_id)
      )`)
    this.addSql(`create index upload_links_blob on upload_links (blob_id)`)
    this.addSql(`create index upload_links_created on upload_links (created_at)`)
    this.addSql(`
      create table collections (
        one boolean primary key default true check (one),
        holder uuid,
        held_until timestamptz not null default '-infinity',
        finished_at timestamptz not null default '-infinity',
        report jsonb
      )`)
    this.addSql(`insert into collections default values`)
    this.addSql(`
      create table garbage (
        storage_key text collate "C" primary key,
        claimed_at timestamptz not null default now()
      )`)
  }
}
