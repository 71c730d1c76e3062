import { Migration } from '@mikro-orm/migrations'

/** Events that an effect does not want get no run of it. */
export class Unless extends Migration {
  override up(): void {
    this.addSql('alter table effect_listeners add column unless jsonb null')
  }
}
