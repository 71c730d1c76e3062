import { Migration } from '@mikro-orm/migrations'

/** How far the look at packages that were stored before their dependencies were kept has come: one row. */
export class PackageUpkeep extends Migration {
  override up(): void {
    this.addSql(`create table package_upkeep (
      is_only boolean not null default true,
      needs_form smallint not null default 0,
      needs_after uuid null,
      constraint package_upkeep_pkey primary key (is_only),
      constraint package_upkeep_is_only_check check (is_only)
    )`)
    this.addSql('insert into package_upkeep default values')
  }
}
