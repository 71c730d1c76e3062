import { Migration } from '@mikro-orm/migrations'

export class Auth extends Migration {
  override up(): void {
    for (const statement of [...people, ...rights, ...credentials, ...audit]) this.addSql(statement)
  }
}

const people = [
  `create table accounts (
    id uuid primary key,
    name text collate "C" not null unique,
    name_fold text collate "C" not null unique,
    kind text not null check (kind in ('user', 'organization')),
    display_name text not null,
    verified boolean not null default false,
    state text not null default 'active' check (state in ('active', 'disabled', 'deleted')),
    created_at timestamptz not null default now(),
    deleted_at timestamptz
  )`,
  `create index accounts_kind on accounts (kind, name)`,
  `create table users (
    id uuid primary key references accounts (id),
    email text,
    password_hash text,
    is_admin boolean not null default false,
    credentials_version integer not null default 1
  )`,
]

const rights = [
  `create table account_members (
    account_id uuid not null references accounts (id),
    user_id uuid not null references users (id),
    role text not null check (role in ('owner', 'admin', 'write', 'read')),
    added_at timestamptz not null default now(),
    primary key (account_id, user_id)
  )`,
  `create index account_members_user on account_members (user_id)`,
  `create table teams (
    id uuid primary key,
    account_id uuid not null references accounts (id),
    name text collate "C" not null,
    description text not null default '',
    created_at timestamptz not null default now(),
    unique (account_id, name)
  )`,
  `create table team_members (
    team_id uuid not null references teams (id) on delete cascade,
    user_id uuid not null references users (id),
    added_at timestamptz not null default now(),
    primary key (team_id, user_id)
  )`,
  `create index team_members_user on team_members (user_id)`,
  `create table grants (
    id uuid primary key,
    artifact_id uuid not null,
    user_id uuid references users (id),
    team_id uuid references teams (id) on delete cascade,
    role text not null check (role in ('owner', 'admin', 'write', 'read')),
    added_at timestamptz not null default now(),
    check ((user_id is null) <> (team_id is null)),
    unique (artifact_id, user_id),
    unique (artifact_id, team_id)
  )`,
  `create index grants_user on grants (user_id)`,
  `create index grants_team on grants (team_id)`,
]

const credentials = [
  `create table auth_keys (
    kid text collate "C" primary key,
    algorithm text not null,
    private_jwk jsonb not null,
    created_at timestamptz not null default now()
  )`,
  `create table sessions (
    id uuid primary key,
    user_id uuid not null references users (id),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz
  )`,
  `create index sessions_user on sessions (user_id)`,
  `create index sessions_expiry on sessions (expires_at)`,
  `create table refresh_tokens (
    hash bytea primary key,
    session_id uuid not null references sessions (id) on delete cascade,
    created_at timestamptz not null default now(),
    used_at timestamptz
  )`,
  `create index refresh_tokens_session on refresh_tokens (session_id)`,
  `create table tokens (
    id uuid primary key,
    user_id uuid not null references users (id),
    name text not null,
    hash bytea not null unique,
    scopes text[] not null,
    namespaces text[],
    artifacts text[],
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
  )`,
  `create index tokens_user on tokens (user_id, id)`,
]

const audit = [
  `create table audit_log (
    id uuid primary key,
    seq bigint unique,
    at timestamptz not null default now(),
    actor text,
    actor_id uuid,
    ip text,
    request_id text,
    action text collate "C" not null,
    subject text not null,
    subject_id text,
    namespace text collate "C",
    before jsonb,
    after jsonb,
    prev_hash text,
    hash text
  )`,
  `create index audit_log_unsequenced on audit_log (id) where seq is null`,
  `create index audit_log_action on audit_log (action, id)`,
  `create index audit_log_actor on audit_log (actor, id)`,
  `create index audit_log_namespace on audit_log (namespace, id)`,
  `create function audit_log_append_only() returns trigger language plpgsql as $body$
  begin
    if tg_op = 'UPDATE' then
      if old.seq is null and new.seq is not null
        and to_jsonb(new) - 'seq' - 'prev_hash' - 'hash' = to_jsonb(old) - 'seq' - 'prev_hash' - 'hash' then
        return new;
      end if;
    end if;
    raise exception 'audit_log is append-only';
  end
  $body$`,
  `create trigger audit_log_rows before update or delete on audit_log
    for each row execute function audit_log_append_only()`,
  `create trigger audit_log_table before truncate on audit_log
    for each statement execute function audit_log_append_only()`,
]
