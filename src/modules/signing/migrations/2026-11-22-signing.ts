import { Migration } from '@mikro-orm/migrations'

export class Signing extends Migration {
  override up(): void {
    this.addSql(`create table registry_keys (
      keyid text collate "C" primary key,
      public_key text not null,
      created_at timestamptz not null default now(),
      expires_at timestamptz
    )`)
    this.addSql('create unique index registry_keys_current on registry_keys ((true)) where expires_at is null')
    this.addSql(`create table package_attestations (
      id uuid primary key,
      version_id uuid not null,
      predicate_type text not null,
      bundle text not null,
      identity_subject text,
      identity_issuer text,
      created_at timestamptz not null default now()
    )`)
    this.addSql('create index package_attestations_version on package_attestations (version_id, id)')
  }
}
