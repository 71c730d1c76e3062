import { Migration } from '@mikro-orm/migrations'

export class BlobHolds extends Migration {
  override up(): void {
    // What is to be published later, if at all.
    this.addSql(`
      create table blob_holds (
        id uuid primary key,
        blob_id uuid not null references blobs (id),
        held_until timestamptz not null
      )`)
    this.addSql(`create index blob_holds_blob on blob_holds (blob_id)`)
    this.addSql(`create index blob_holds_until on blob_holds (held_until)`)
  }
}
