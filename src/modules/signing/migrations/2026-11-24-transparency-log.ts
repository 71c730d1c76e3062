import { Migration } from '@mikro-orm/migrations'

/** The log of versions and tags. It has no references to other tables: it outlives what it is about. */
export class TransparencyLog extends Migration {
  override up(): void {
    this.#pending()
    this.#log()
  }

  #pending(): void {
    this.addSql(`create table log_pending (
      id bigint generated always as identity primary key,
      kind text not null check (kind in ('version', 'tag', 'unpublished')),
      source_id uuid not null,
      artifact_id uuid not null,
      namespace text collate "C" not null,
      name text collate "C" not null,
      format text not null,
      reference text collate "C" not null,
      digest text collate "C",
      noted_at timestamptz not null default now(),
      constraint log_pending_source_unique unique (kind, source_id)
    )`)
    this.addSql(`create table log_refusals (
      kind text not null,
      source_id uuid not null,
      artifact_id uuid not null,
      namespace text collate "C" not null,
      name text collate "C" not null,
      format text not null,
      reference text collate "C" not null,
      digest text collate "C",
      logged_digest text collate "C",
      refused_at timestamptz not null default now(),
      constraint log_refusals_pkey primary key (kind, source_id)
    )`)
    this.addSql(`create table log_sweep (
      sole boolean primary key default true check (sole),
      versions_until uuid,
      tags_until uuid
    )`)
    this.addSql('insert into log_sweep default values')
  }

  #log(): void {
    this.addSql(`create table log_entries (
      index bigint primary key,
      kind text not null,
      source_id uuid not null,
      artifact_id uuid not null,
      namespace text collate "C" not null,
      name text collate "C" not null,
      format text not null,
      reference text collate "C" not null,
      digest text collate "C",
      logged_at text not null,
      salt bytea not null,
      leaf bytea not null,
      constraint log_entries_source_unique unique (kind, source_id)
    )`)
    this.addSql(`create unique index log_entries_one_digest on log_entries (namespace, name, format, reference) where kind = 'version'`)
    this.addSql(`create index log_entries_version on log_entries (artifact_id, reference) where kind = 'version'`)
    this.addSql('create index log_entries_artifact on log_entries (artifact_id, index)')
    this.addSql(`create table log_tiles (
      level smallint not null,
      index bigint not null,
      hashes bytea not null check (octet_length(hashes) between 32 and 8192),
      constraint log_tiles_pkey primary key (level, index)
    )`)
    this.addSql(`create table log_head (
      sole boolean primary key default true check (sole),
      origin text not null,
      size bigint not null,
      root bytea not null,
      note text not null,
      signed_at timestamptz not null default now()
    )`)
    this.addSql(`create table log_keys (
      public_key text collate "C" primary key,
      created_at timestamptz not null default now(),
      retired_at timestamptz
    )`)
    this.addSql('create unique index log_keys_current on log_keys ((true)) where retired_at is null')
  }
}
