import { Migration } from 'gati-registry/kernel/migration'

export class Hello extends Migration {
  override up(): void {
    this.addSql('create table hello_versions (version_id uuid primary key, at timestamptz not null default now())')
  }
}
