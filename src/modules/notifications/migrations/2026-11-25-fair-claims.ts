import { Migration } from '@mikro-orm/migrations'

export class FairClaims extends Migration {
  override up(): void {
    for (const statement of statements) this.addSql(statement)
  }
}

const statements = [
  // What waits, by webhook: whoever looks for something to send jumps from one webhook to the next, however much waits for one of them.
  `create index notification_deliveries_webhook_due_index on notification_deliveries (webhook_id, next_attempt_at) where state = 'waiting'`,
  `create index notification_deliveries_failed_index on notification_deliveries (webhook_id, finished_at) where state = 'failed'`,
  // An event whose telling fails is tried again later each time, behind others.
  `alter table notification_events add column failures integer not null default 0, add column retry_at timestamptz not null default now()`,
  // Whether those who administer what it is about hear of it without following it, and what was told of an artifact before.
  `alter table notification_events add column owners boolean not null default true`,
  `create index notification_events_artifact_index on notification_events (artifact_id, kind, id)`,
  `create index notification_events_retry_index on notification_events (retry_at) where stage <> 'done'`,
]
