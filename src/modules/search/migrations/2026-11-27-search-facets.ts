import { Migration } from '@mikro-orm/migrations'

/** What is filtered by, counted and weighed beside words. Documents that are there get it from the sweep, because their `form` is 0. */
export class SearchFacets extends Migration {
  override up(): void {
    this.addSql(`alter table search_documents
      add column capabilities text[] not null default '{}',
      add column languages text[] not null default '{}',
      add column licenses text[] not null default '{}',
      add column gati_version text null,
      add column gati_from text[] collate "C" not null default '{}',
      add column gati_until text[] collate "C" not null default '{}',
      add column is_public boolean not null default false,
      add column verified boolean not null default false,
      add column quality double precision not null default 0,
      add column security_score smallint null,
      add column form smallint not null default 0`)
    for (const column of ['capabilities', 'languages', 'licenses'])
      this.addSql(`create index search_documents_${column}_index on search_documents using gin (${column})`)
    // What names are completed from: narrow, and in the order of relevance as well. The sweep fills it in, too.
    this.addSql(`alter table search_standings add column name text collate "C" not null default ''`)
    this.addSql('create index search_standings_name_index on search_standings (name)')
    this.addSql(`create table search_security (
      artifact_id uuid not null references artifacts (id) on delete cascade,
      manifest_digest text collate "C" not null,
      security_score smallint not null,
      constraint search_security_pkey primary key (artifact_id, manifest_digest)
    )`)
  }
}
