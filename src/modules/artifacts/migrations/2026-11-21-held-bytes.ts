import { Migration } from '@mikro-orm/migrations'

export class HeldBytes extends Migration {
  override up(): void {
    // What a session that announced nothing may have so far, in a namespace with a quota.
    this.addSql(`alter table upload_sessions add column held_bytes bigint not null default 0`)
  }
}
