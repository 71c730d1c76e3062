import { Migration } from '@mikro-orm/migrations'

/**
 * Who sees a document and what it is ranked by, beside its words: no other table is read before a page is cut. Documents that are there get it
 * from the sweep, because their `form` is older; until then who sees them is asked of their artifacts.
 */
export class SearchSight extends Migration {
  override up(): void {
    this.addSql(`alter table search_documents
      add column is_shown boolean not null default false,
      add column account_id uuid null,
      add column type text null,
      add column format text null,
      add column downloads bigint not null default 0,
      add column stars bigint not null default 0,
      add column updated timestamptz not null default now(),
      add column created timestamptz not null default now(),
      add column relevance double precision not null default 0`)
    // Counts change often and are in no index: with room on its page a document is updated without any of its indexes.
    this.addSql('alter table search_documents set (fillfactor = 85)')
    this.addSql('create index search_documents_public_index on search_documents (type, format, namespace) where is_shown and is_public')
    for (const column of ['account_id', 'published_by'])
      this.addSql(`create index search_documents_${column}_index on search_documents (${column}) where ${column} is not null`)
    this.#keepSight()
  }

  /**
   * In the transaction that changes who sees something, so that it holds at once. Whoever writes documents holds the lock of their namespaces
   * shared: neither writes what the other has just changed. The names make them fire before those that note the change, so that all take their
   * locks in one order: namespaces, documents, changes.
   */
  #keepSight(): void {
    const isShown = `a.state = 'active' and n.state = 'active'`
    const isPublic = `(n.account_id is null or coalesce(nullif(a.visibility, 'inherit'), n.visibility) = 'public')`
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
