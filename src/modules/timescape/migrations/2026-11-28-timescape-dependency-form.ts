import { Migration } from '@mikro-orm/migrations'

/** Which form of dependencies is written down, and how far writing them anew has come. */
export class TimescapeDependencyForm extends Migration {
  override up(): void {
    this.addSql(`alter table timescape_upkeep
      add column dependencies_form smallint not null default 0,
      add column dependencies_after uuid null`)
  }
}
