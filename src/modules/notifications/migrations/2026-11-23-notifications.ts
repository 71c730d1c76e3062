import { Migration } from '@mikro-orm/migrations'

export class Notifications extends Migration {
  override up(): void {
    for (const statement of [...events, ...webhooks, ...people, ...deliveries]) this.addSql(statement)
  }
}

const events = [
  // What happened, once, for everybody it is told to. `stage` and `place`: how far the telling has come.
  `create table notification_events (
    id uuid primary key,
    kind text collate "C" not null,
    at timestamptz not null,
    namespace_id uuid not null references namespaces (id) on delete cascade,
    namespace text collate "C" not null,
    artifact_id uuid null references artifacts (id) on delete cascade,
    name text collate "C" null,
    format text null,
    manifest_digest text null,
    advisory_id text null,
    data jsonb not null,
    stage text not null default 'webhooks' check (stage in ('webhooks', 'owners', 'followers', 'done')),
    place uuid null,
    created_at timestamptz not null default now()
  )`,
  `create index notification_events_created_index on notification_events (created_at)`,
  `create index notification_events_unfinished_index on notification_events (id) where stage <> 'done'`,
]

const webhooks = [
  `create table notification_webhooks (
    id uuid primary key,
    namespace_id uuid not null references namespaces (id) on delete cascade,
    account_id uuid null references accounts (id),
    url text not null,
    format text not null check (format in ('cloudevents', 'json')),
    events text[] null,
    description text not null default '',
    state text not null default 'enabled' check (state in ('enabled', 'disabled')),
    disabled_reason text null,
    failing_since timestamptz null,
    created_at timestamptz not null default now()
  )`,
  `create index notification_webhooks_namespace_index on notification_webhooks (namespace_id, id)`,
  `create table notification_webhook_secrets (
    id uuid primary key,
    webhook_id uuid not null references notification_webhooks (id) on delete cascade,
    secret text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz null
  )`,
  `create index notification_webhook_secrets_webhook_index on notification_webhook_secrets (webhook_id, id)`,
]

const people = [
  `create table notification_subscriptions (
    id uuid primary key,
    user_id uuid null references users (id),
    webhook_id uuid null references notification_webhooks (id) on delete cascade,
    target_kind text not null check (target_kind in ('namespace', 'artifact', 'advisory')),
    target_key text collate "C" not null,
    target jsonb not null,
    events text[] null,
    created_at timestamptz not null default now(),
    check ((user_id is null) <> (webhook_id is null)),
    unique (user_id, target_kind, target_key),
    unique (webhook_id, target_kind, target_key)
  )`,
  `create index notification_subscriptions_target_index on notification_subscriptions (target_kind, target_key, id)`,
  `create index notification_subscriptions_webhooks_index on notification_subscriptions (target_kind, target_key, id) where webhook_id is not null`,
  `create index notification_subscriptions_user_index on notification_subscriptions (user_id, id)`,
  `create table notification_preferences (
    user_id uuid primary key references users (id),
    mail_enabled boolean not null default true,
    choices jsonb not null default '{}'
  )`,
  `create table notification_notices (
    id uuid primary key,
    user_id uuid not null references users (id),
    event_id uuid not null references notification_events (id) on delete cascade,
    in_feed boolean not null,
    read_at timestamptz null,
    mail_due_at timestamptz null,
    mailed_at timestamptz null,
    created_at timestamptz not null default now(),
    unique (user_id, event_id)
  )`,
  `create index notification_notices_feed_index on notification_notices (user_id, id) where in_feed`,
  `create index notification_notices_mail_index on notification_notices (mail_due_at) where mail_due_at is not null`,
  `create index notification_notices_mail_user_index on notification_notices (user_id, mail_due_at) where mail_due_at is not null`,
  `create index notification_notices_event_index on notification_notices (event_id)`,
  `create index notification_notices_created_index on notification_notices (created_at)`,
  `create table notification_mailboxes (
    user_id uuid primary key references users (id),
    claim uuid null,
    claimed_until timestamptz null,
    hour_began_at timestamptz null,
    sent_in_hour integer not null default 0,
    failures integer not null default 0,
    bounces integer not null default 0,
    bounced_address text null,
    blocked_reason text null
  )`,
  `create table notification_keys (sole boolean primary key default true check (sole), secret bytea not null)`,
]

const deliveries = [
  `create table notification_deliveries (
    id uuid primary key,
    webhook_id uuid not null references notification_webhooks (id) on delete cascade,
    event_id uuid not null references notification_events (id) on delete cascade,
    redelivers uuid null,
    state text not null default 'waiting' check (state in ('waiting', 'delivered', 'failed', 'withheld')),
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    claim uuid null,
    claimed_until timestamptz null,
    created_at timestamptz not null default now(),
    finished_at timestamptz null
  )`,
  // One event reaches a webhook once, however many of its subscriptions it fits and however often it is told.
  `create unique index notification_deliveries_once_index on notification_deliveries (webhook_id, event_id) where redelivers is null`,
  `create index notification_deliveries_due_index on notification_deliveries (next_attempt_at) where state = 'waiting'`,
  `create index notification_deliveries_log_index on notification_deliveries (webhook_id, id)`,
  `create index notification_deliveries_event_index on notification_deliveries (event_id)`,
  `create index notification_deliveries_finished_index on notification_deliveries (finished_at) where finished_at is not null`,
  `create table notification_attempts (
    delivery_id uuid not null references notification_deliveries (id) on delete cascade,
    attempt integer not null,
    at timestamptz not null default now(),
    duration_ms integer not null,
    request jsonb not null,
    status integer null,
    error text null,
    response jsonb null,
    primary key (delivery_id, attempt)
  )`,
]
