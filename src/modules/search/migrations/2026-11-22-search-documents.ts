import { Migration } from '@mikro-orm/migrations'

/** What is found, apart from what decides who may see it: that stays with the artifacts. */
export class SearchDocuments extends Migration {
  override up(): void {
    // A trusted extension: whoever may create in the database may have it.
    this.addSql('create extension if not exists pg_trgm')
    this.addSql(`create table search_documents (
      artifact_id uuid not null references artifacts (id) on delete cascade,
      namespace text collate "C" not null,
      name text collate "C" not null,
      description text null,
      keywords text[] not null,
      version text null,
      license text null,
      homepage text null,
      repository text null,
      published_by uuid null,
      published_at timestamptz null,
      rev bigint not null,
      source_updated_at timestamptz not null,
      document tsvector not null,
      constraint search_documents_pkey primary key (artifact_id)
    )`)
    this.addSql('create index search_documents_document_index on search_documents using gin (document)')
    this.addSql('create index search_documents_name_trigrams_index on search_documents using gin (name gin_trgm_ops)')
    this.addSql('create index search_documents_keywords_index on search_documents using gin (keywords)')
    this.addSql('create index search_documents_namespace_name_index on search_documents (namespace, name)')
  }
}
