import { Migration } from '@mikro-orm/migrations'

export class LinkedMediaTypes extends Migration {
  override up(): void {
    // As this artifact got it; links from before have the type of whoever pushed the bytes first.
    this.addSql(`alter table artifact_manifests add column media_type text`)
  }
}
