import { Migration } from '@mikro-orm/migrations'

/** Bytes that are published may be a manifest whose signature is known. */
export class SignedManifests extends Migration {
  override up(): void {
    this.addSql('create index signatures_manifest on signatures (namespace_id, manifest_digest)')
  }
}
