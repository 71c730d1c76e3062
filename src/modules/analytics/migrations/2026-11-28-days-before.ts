import { Migration } from '@mikro-orm/migrations'

/** What metadata counted before there was analytics: the sweep takes it over, version by version, and then this has no row any more. */
export class DaysBefore extends Migration {
  override up(): void {
    this.addSql(`create table analytics_days_before (
      one boolean primary key default true check (one),
      until date not null,
      after uuid not null
    )`)
    this.addSql(`insert into analytics_days_before (until, after)
      select coalesce((select min(day) from analytics_artifact_days), (now() at time zone 'utc')::date), '00000000-0000-0000-0000-000000000000'
      where exists (select from download_counts)`)
  }
}
