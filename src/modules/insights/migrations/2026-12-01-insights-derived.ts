import { Migration } from '@mikro-orm/migrations'

/** Artifacts and versions are never removed, only marked as deleted, so asking for both of each row on writing it finds nothing. */
export class InsightsDerived extends Migration {
  override up(): void {
    this.addSql(`alter table insights_dependencies
      drop constraint insights_dependencies_version_id_fkey,
      drop constraint insights_dependencies_artifact_id_fkey`)
    this.addSql('alter table insights_due drop constraint insights_due_artifact_id_fkey')
  }
}
