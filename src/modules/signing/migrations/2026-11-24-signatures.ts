import { Migration } from '@mikro-orm/migrations'

/** Keys and policies of publishers, and what was found out about signatures over manifests. */
export class Signatures extends Migration {
  override up(): void {
    this.addSql(`create table publisher_keys (
      id uuid primary key,
      namespace_id uuid not null references namespaces (id) on delete cascade,
      kind text not null,
      name text not null,
      algorithm text not null,
      fingerprint text collate "C" not null,
      material text not null,
      expires_at timestamptz null,
      revoked_at timestamptz null,
      void_from timestamptz null,
      revoked_reason text null,
      compromised boolean not null default false,
      created_by text null,
      created_at timestamptz not null default now(),
      constraint publisher_keys_fingerprint unique (namespace_id, fingerprint)
    )`)
    this.addSql(`create table signing_policies (
      namespace_id uuid primary key references namespaces (id) on delete cascade,
      policy jsonb not null,
      updated_at timestamptz not null default now()
    )`)
    this.addSql(`create table signatures (
      id uuid primary key,
      namespace_id uuid not null,
      artifact_id uuid not null references artifacts (id) on delete cascade,
      manifest_digest text collate "C" not null,
      evidence_hash text collate "C" not null,
      kind text not null,
      source text not null,
      source_digest text collate "C" null,
      evidence text null,
      blob_digest text collate "C" null,
      status text not null,
      reason text null,
      signer text null,
      key_id uuid null,
      issuer text null,
      predicate_type text null,
      signed_at timestamptz null,
      seen_at timestamptz not null default now(),
      checked_at timestamptz not null default now(),
      constraint signatures_evidence unique (artifact_id, manifest_digest, evidence_hash)
    )`)
    this.addSql('create index signatures_namespace on signatures (namespace_id, id)')
    this.addSql('create index signatures_key on signatures (key_id, id) where key_id is not null')
    // Manifests that an index lists: who signs the index signs them.
    this.addSql(`create table signed_children (
      artifact_id uuid not null references artifacts (id) on delete cascade,
      child_digest text collate "C" not null,
      parent_digest text collate "C" not null,
      constraint signed_children_pkey primary key (artifact_id, child_digest, parent_digest)
    )`)
    this.addSql('create index signed_children_parent on signed_children (artifact_id, parent_digest)')
  }
}
