import { Migration } from '@mikro-orm/migrations'

export class SparseManifests extends Migration {
  override up(): void {
    this.addSql(`alter table manifests add column sparse boolean not null default false`)
  }
}
