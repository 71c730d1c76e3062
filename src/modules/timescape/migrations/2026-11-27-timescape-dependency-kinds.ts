import { Migration } from '@mikro-orm/migrations'

/** How an artifact depends on another. */
export class TimescapeDependencyKinds extends Migration {
  override up(): void {
    this.addSql(`alter table timescape_dependencies add column kind text not null default 'runtime'`)
    this.addSql('alter table timescape_dependencies alter column kind drop default')
  }
}
