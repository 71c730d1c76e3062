import { Migration } from '@mikro-orm/migrations'

/** Whether new versions of an artifact need a one-time password. */
export class PublishFactor extends Migration {
  override up(): void {
    this.addSql(`alter table artifacts add column publish_factor text not null default 'none',
      add constraint artifacts_publish_factor_check check (publish_factor in ('none', 'overridable', 'always'))`)
  }
}
