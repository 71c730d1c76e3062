import { Migration } from '@mikro-orm/migrations'

/** What dependants were told of, so that an effect that runs twice tells it once; what was tried, and when all was looked through; formats of dependencies. */
export class TimescapeAnnouncements extends Migration {
  override up(): void {
    this.addSql(`create table timescape_announcements (
      artifact_id uuid not null references artifacts (id),
      cause text not null,
      about text not null,
      detail text not null,
      announced_at timestamptz not null default now(),
      constraint timescape_announcements_pkey primary key (artifact_id, cause, about)
    )`)
    this.addSql('alter table timescape_upkeep add column passed_at timestamptz null')
    this.addSql('alter table timescape_edges add column content_attempts integer not null default 0')
    this.addSql('alter table timescape_dependencies add column target_format text null')
    this.addSql(
      `update timescape_dependencies d set target_format = 'npm' from artifacts a where a.id = d.artifact_id and a.format = 'npm'`,
    )
  }
}
