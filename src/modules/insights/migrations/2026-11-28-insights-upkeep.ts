import { Migration } from '@mikro-orm/migrations'

/** Which form of dependencies is written down, and what is counted once a day. */
export class InsightsUpkeep extends Migration {
  override up(): void {
    this.addSql(`alter table insights_upkeep
      add column form smallint not null default 0,
      add column dependants bigint not null default 0,
      add column dependants_counted_at timestamptz null`)
  }
}
