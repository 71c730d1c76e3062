import { Migration } from '@mikro-orm/migrations'

/** What may be null comes behind what may not, and texts behind both: whatever a row is asked for before it is shown stands where no text has to be passed. */
const table = `create table search_documents (
  artifact_id uuid not null,
  relevance double precision not null default 0,
  downloads bigint not null default 0,
  stars bigint not null default 0,
  updated timestamptz not null default now(),
  created timestamptz not null default now(),
  quality double precision not null default 0,
  source_updated_at timestamptz not null,
  rev bigint not null,
  form smallint not null default 0,
  is_shown boolean not null default false,
  is_public boolean not null default false,
  verified boolean not null default false,
  account_id uuid null,
  published_by uuid null,
  published_at timestamptz null,
  security_score smallint null,
  type text null,
  format text null,
  namespace text collate "C" not null,
  name text collate "C" not null,
  capabilities text[] not null default '{}',
  languages text[] not null default '{}',
  licenses text[] not null default '{}',
  keywords text[] not null,
  gati_from text[] collate "C" not null default '{}',
  gati_until text[] collate "C" not null default '{}',
  gati_version text null,
  version text null,
  license text null,
  description text null,
  homepage text null,
  repository text null,
  document tsvector not null,
  constraint search_documents_pkey primary key (artifact_id),
  constraint search_documents_artifact_id_fkey foreign key (artifact_id) references artifacts (id) on delete cascade
) with (fillfactor = 85)`

const kept =
  `artifact_id, quality, source_updated_at, rev, form, verified, published_by, published_at, security_score, namespace, name, capabilities, languages,
  licenses, keywords, gati_from, gati_until, gati_version, version, license, description, homepage, repository, document`.split(/,\s+/)

const isShown = `a.state = 'active' and n.state = 'active'`
const isPublic = `(n.account_id is null or coalesce(nullif(a.visibility, 'inherit'), n.visibility) = 'public')`

const indexes = {
  document: 'using gin (document)',
  name_trigrams: 'using gin (name gin_trgm_ops)',
  keywords: 'using gin (keywords)',
  capabilities: 'using gin (capabilities)',
  languages: 'using gin (languages)',
  licenses: 'using gin (licenses)',
  namespace_name: '(namespace, name)',
  public: '(type, format, namespace) where is_shown and is_public',
  account_id: '(account_id) where account_id is not null',
  published_by: '(published_by) where published_by is not null',
}

/**
 * Who sees a document and what it is ranked by, beside its words: no other table is read before a page is cut. Counts change often and are in no
 * index of documents: with room on its page a document is updated without any of its indexes.
 */
export class SearchSight extends Migration {
  override up(): void {
    this.#makeAnew()
    this.#keepSight()
    // Names that may have been meant are looked for among many: here a row is a tenth of a document.
    this.addSql('create index search_standings_name_trigrams_index on search_standings using gin (name gin_trgm_ops)')
  }

  #makeAnew(): void {
    const referring = ['search_standings', 'search_vectors', 'search_signatures', 'search_declarations']
    for (const name of referring) this.addSql(`alter table ${name} drop constraint ${name}_artifact_id_fkey`)
    this.addSql('alter table search_documents rename to search_documents_before')
    this.addSql('alter table search_documents_before rename constraint search_documents_pkey to search_documents_before_pkey')
    this.addSql(
      'alter table search_documents_before rename constraint search_documents_artifact_id_fkey to search_documents_before_artifact_id_fkey',
    )
    this.addSql(table)
    this.addSql(`insert into search_documents (${kept.join(', ')}, relevance, downloads, stars, updated, created, is_shown, is_public, account_id, type, format)
      select ${kept.map((name) => `d.${name}`).join(', ')}, coalesce(s.relevance, 0), a.downloads, a.stars, coalesce(d.published_at, a.created_at), a.created_at,
        ${isShown}, ${isPublic}, n.account_id, a.type, a.format
      from search_documents_before d join artifacts a on a.id = d.artifact_id join namespaces n on n.id = a.namespace_id
        left join search_standings s on s.artifact_id = d.artifact_id`)
    this.addSql('drop table search_documents_before')
    for (const [name, of] of Object.entries(indexes)) this.addSql(`create index search_documents_${name}_index on search_documents ${of}`)
    for (const name of referring)
      this.addSql(`alter table ${name} add constraint ${name}_artifact_id_fkey
        foreign key (artifact_id) references search_documents (artifact_id) on delete cascade`)
    for (const [event, rows] of [
      ['insert', 'new'],
      ['update', 'new'],
      ['delete', 'old'],
    ] as const)
      this.addSql(`create trigger search_documents_noted_${event} after ${event} on search_documents
        referencing ${rows} table as changed for each statement execute function search_note_documents()`)
  }

  /**
   * In the transaction that changes who sees something, so that it holds at once. Whoever writes documents holds the lock of their namespaces
   * shared: neither writes what the other has just changed. The names make them fire before those that note the change, so that all take their
   * locks in one order: namespaces, documents, changes.
   */
  #keepSight(): void {
    const lock = (ids: string) => `perform pg_advisory_xact_lock(hashtextextended('search namespace ' || id, 0)) from (${ids}) held;`
    const update = (
      where: string,
    ) => `update search_documents d set is_shown = ${isShown}, is_public = ${isPublic}, account_id = n.account_id
      from artifacts a join namespaces n on n.id = a.namespace_id where a.id = d.artifact_id and ${where}
        and (d.is_shown, d.is_public, d.account_id) is distinct from (${isShown}, ${isPublic}, n.account_id);`
    this.addSql(`create function search_keep_artifact_sight() returns trigger language plpgsql as $body$
      begin
        ${lock('select distinct unnest(array[old.namespace_id, new.namespace_id])::text as id order by 1')}
        ${update('a.id = new.id')}
        return null;
      end $body$`)
    this.addSql(`create function search_keep_namespace_sight() returns trigger language plpgsql as $body$
      begin
        ${lock('select new.id::text as id')}
        perform from search_documents d join artifacts a on a.id = d.artifact_id where a.namespace_id = new.id
          order by d.artifact_id for no key update of d;
        ${update('a.namespace_id = new.id')}
        return null;
      end $body$`)
    this.addSql(`create trigger artifacts_sight_kept after update of visibility, state, namespace_id on artifacts for each row
      when ((old.visibility, old.state, old.namespace_id) is distinct from (new.visibility, new.state, new.namespace_id))
      execute function search_keep_artifact_sight()`)
    this.addSql(`create trigger namespaces_sight_kept after update of visibility, state, account_id on namespaces for each row
      when ((old.visibility, old.state, old.account_id) is distinct from (new.visibility, new.state, new.account_id))
      execute function search_keep_namespace_sight()`)
  }
}
