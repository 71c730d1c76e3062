import { Migration } from '@mikro-orm/migrations'

/** A version that is unpublished takes the names along that wait for it. */
export class HeldNamesByVersion extends Migration {
  override up(): void {
    this.addSql('create index held_names_version_id_index on held_names (version_id)')
  }
}
