import { Migration } from '@mikro-orm/migrations'

/** How often what is told about an artifact has changed: documents that are built ahead are named by it. */
export class Revisions extends Migration {
  override up(): void {
    this.addSql('alter table artifacts add column rev bigint not null default 0')
  }
}
