import { Migration } from '@mikro-orm/migrations'

/** Whoever looks through the partners of a day goes from artifact to artifact. */
export class PartnersByDay extends Migration {
  override up(): void {
    this.addSql('drop index analytics_together_day_index')
    this.addSql('create index analytics_together_day_artifact_id_index on analytics_together (day, artifact_id)')
  }
}
