import { Migration } from '@mikro-orm/migrations'

export class TrustedPublishing extends Migration {
  override up(): void {
    for (const statement of statements) this.addSql(statement)
  }
}

const statements = [
  `create table trusted_publishers (
    id uuid primary key,
    namespace text collate "C" not null,
    name text collate "C" not null,
    type text not null check (type in ('github', 'gitlab', 'circleci', 'custom')),
    issuer text not null,
    claims jsonb not null,
    permissions text[] not null,
    pinned text,
    created_by uuid not null references users (id),
    created_at timestamptz not null default now(),
    last_used_at timestamptz
  )`,
  `create unique index trusted_publishers_once on trusted_publishers (namespace, name, type, issuer, created_by, md5(claims::text))`,
  `create index trusted_publishers_user on trusted_publishers (created_by)`,
  `create table used_id_tokens (
    issuer text not null,
    token_id text not null,
    used_for text not null,
    expires_at timestamptz not null,
    primary key (issuer, token_id, used_for)
  )`,
  `create index used_id_tokens_expiry on used_id_tokens (expires_at)`,
  `alter table tokens
    add column trusted_publisher_id uuid references trusted_publishers (id) on delete set null,
    add column stages_only boolean not null default false`,
  `create index tokens_trusted_publisher on tokens (trusted_publisher_id) where trusted_publisher_id is not null`,
]
