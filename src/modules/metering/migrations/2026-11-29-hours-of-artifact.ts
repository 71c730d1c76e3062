import { Migration } from '@mikro-orm/migrations'

/** Who asks about one artifact of a large namespace, as `library` is, reads the hours of that one alone. */
export class HoursOfArtifact extends Migration {
  override up(): void {
    this.addSql('create index metering_hours_artifact_id_hour_index on metering_hours (artifact_id, hour)')
  }
}
