import { Migration } from '@mikro-orm/migrations'

/** Signatures over bytes are looked for at every publish that brings one. */
export class SignedBlobs extends Migration {
  override up(): void {
    this.addSql('create index signatures_blob on signatures (namespace_id, blob_digest) where blob_digest is not null')
  }
}
