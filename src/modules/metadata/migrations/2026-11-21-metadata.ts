import { Migration } from '@mikro-orm/migrations'

export class Metadata extends Migration {
  override up(): void {
    this.#names()
    this.#versions()
    this.#tags()
    this.#counts()
    this.addSql(
      `insert into namespaces (id, name, folded, visibility) values ('01900000-0000-7000-8000-000000000001', 'library', 'library', 'public')`,
    )
  }

  #names(): void {
    this.addSql(`create table namespaces (
      id uuid not null,
      name text collate "C" not null,
      folded text collate "C" null,
      account_id uuid null references accounts (id),
      visibility text not null default 'private',
      settings jsonb not null default '{}',
      state text not null default 'active',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      deleted_at timestamptz null,
      constraint namespaces_pkey primary key (id),
      constraint namespaces_visibility_check check (visibility in ('public', 'private')),
      constraint namespaces_name_unique unique (name),
      constraint namespaces_folded_unique unique (folded),
      constraint namespaces_account_id_unique unique (account_id)
    )`)
    this.addSql(`create table artifacts (
      id uuid not null,
      namespace_id uuid not null references namespaces (id),
      name text collate "C" not null,
      folded text collate "C" null,
      format text not null,
      type text not null,
      description text null,
      visibility text not null default 'inherit',
      stars bigint not null default 0,
      downloads bigint not null default 0,
      state text not null default 'active',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      deleted_at timestamptz null,
      constraint artifacts_pkey primary key (id),
      constraint artifacts_visibility_check check (visibility in ('inherit', 'public', 'private')),
      constraint artifacts_namespace_id_name_format_unique unique (namespace_id, name, format),
      constraint artifacts_namespace_id_folded_format_unique unique (namespace_id, folded, format)
    )`)
  }

  #versions(): void {
    this.addSql(`create table versions (
      id uuid not null,
      artifact_id uuid not null references artifacts (id),
      version text collate "C" not null,
      sort_key text collate "C" not null,
      prerelease boolean not null,
      state text not null,
      state_reason text null,
      deprecated_reason text null,
      manifest_digest text collate "C" not null,
      size_bytes bigint not null,
      metadata jsonb not null,
      published_by uuid null,
      published_at timestamptz not null default now(),
      deleted_at timestamptz null,
      constraint versions_pkey primary key (id),
      constraint versions_state_check check (state in ('pending', 'published', 'deprecated', 'yanked', 'quarantined', 'deleted')),
      constraint versions_artifact_id_version_unique unique (artifact_id, version)
    )`)
    this.addSql('create index versions_artifact_id_published_at_id_index on versions (artifact_id, published_at, id)')
    this.addSql('create index versions_artifact_id_sort_key_id_index on versions (artifact_id, sort_key, id)')
  }

  #tags(): void {
    this.addSql(`create table tags (
      artifact_id uuid not null references artifacts (id),
      name text collate "C" not null,
      version_id uuid null references versions (id),
      manifest_digest text collate "C" not null,
      change_id uuid not null,
      updated_at timestamptz not null default now(),
      updated_by uuid null,
      constraint tags_pkey primary key (artifact_id, name)
    )`)
    this.addSql('create index tags_version_id_index on tags (version_id)')
    this.addSql(`create table tag_history (
      id uuid not null,
      artifact_id uuid not null references artifacts (id),
      tag text collate "C" not null,
      from_version text null,
      from_digest text null,
      to_version text null,
      to_digest text null,
      changed_by uuid null,
      changed_at timestamptz not null default now(),
      constraint tag_history_pkey primary key (id)
    )`)
    this.addSql('create index tag_history_artifact_id_tag_changed_at_id_index on tag_history (artifact_id, tag, changed_at, id)')
  }

  #counts(): void {
    this.addSql(`create table stars (
      artifact_id uuid not null references artifacts (id),
      user_id uuid not null,
      created_at timestamptz not null default now(),
      constraint stars_pkey primary key (artifact_id, user_id)
    )`)
    this.addSql(`create table download_counts (
      version_id uuid not null references versions (id),
      day date not null,
      count bigint not null,
      constraint download_counts_pkey primary key (version_id, day)
    )`)
  }
}
