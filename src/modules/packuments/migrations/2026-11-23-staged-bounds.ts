import { Migration } from '@mikro-orm/migrations'

export class StagedBounds extends Migration {
  override up(): void {
    // Whose they are and how large: processes of the release before write neither, and what they stage is counted for nobody.
    this.addSql('alter table staged_publishes add column actor_id uuid null, add column size_bytes bigint not null default 0')
    this.addSql(`update staged_publishes s set
      actor_id = (select u.id from accounts u where u.name = s.actor),
      size_bytes = coalesce((select b.size_bytes from blob_holds h join blobs b on b.id = h.blob_id where h.id = s.hold_id), 0)`)
    this.addSql('create index staged_publishes_actor on staged_publishes (actor_id)')
  }
}
