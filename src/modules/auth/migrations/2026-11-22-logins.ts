import { Migration } from '@mikro-orm/migrations'

/** Second factors, logins in a browser, and what tokens made through a door may be limited to. */
export class Logins extends Migration {
  override up(): void {
    for (const statement of statements) this.addSql(statement)
  }
}

const statements = [
  `alter table tokens
    add column networks text[],
    add column bypasses_second_factor boolean not null default false,
    add column hint text collate "C" not null default 'gati_'`,
  `create table second_factors (
    user_id uuid primary key references users (id),
    secret bytea not null,
    mode text not null check (mode in ('auth-only', 'auth-and-writes')),
    created_at timestamptz not null default now(),
    confirmed_at timestamptz,
    last_step integer not null default 0,
    failures integer not null default 0,
    failing_since timestamptz
  )`,
  `create table recovery_codes (
    user_id uuid not null references second_factors (user_id) on delete cascade,
    hash bytea not null,
    primary key (user_id, hash)
  )`,
  `create table web_logins (
    login_hash bytea primary key,
    poll_hash bytea not null unique,
    client text not null,
    ip text,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    user_id uuid references users (id),
    credentials_version integer,
    collected_at timestamptz
  )`,
  `create index web_logins_expiry on web_logins (expires_at)`,
]
