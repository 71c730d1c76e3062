import { Migration } from '@mikro-orm/migrations'

/**
 * What an index outside of Postgres has not got yet. Noted by triggers: a change of who may see an artifact is made by modules that know of no
 * search, an artifact that goes away takes its document along, and a process without the setting changes documents like any other.
 */
export class SearchChanges extends Migration {
  override up(): void {
    this.addSql('create sequence search_change_numbers minvalue 1000')
    this.addSql(`create table search_changes (
      artifact_id uuid not null,
      number bigint not null default nextval('search_change_numbers'),
      hides boolean not null default false,
      constraint search_changes_pkey primary key (artifact_id)
    )`)
    this.addSql('create index search_changes_number_index on search_changes (number)')
    this.addSql('create index search_changes_hides_index on search_changes (artifact_id) where hides')
    // One row: whether anybody ever followed, and who makes a new index.
    this.addSql(`create table search_following (
      is_only boolean not null default true,
      is_followed boolean not null default false,
      rebuilder text null,
      rebuilding_until timestamptz null,
      constraint search_following_pkey primary key (is_only),
      constraint search_following_is_only_check check (is_only)
    )`)
    this.addSql('insert into search_following default values')
    this.#noteDocuments()
    this.#noteVisibility()
  }

  /** The number is taken with the row held, so that a later change of an artifact has the higher one. In the order of ids: none waits in a circle. */
  #noteDocuments(): void {
    this.addSql(`create function search_note_documents() returns trigger language plpgsql as $body$
      begin
        if exists (select from search_following where is_followed) then
          insert into search_changes as c (artifact_id, hides)
          select artifact_id, tg_op = 'DELETE' and tg_table_name = 'search_documents' from changed order by artifact_id
          on conflict (artifact_id) do update set number = nextval('search_change_numbers'), hides = c.hides or excluded.hides;
        end if;
        return null;
      end $body$`)
    for (const [event, rows] of [
      ['insert', 'new'],
      ['update', 'new'],
      ['delete', 'old'],
    ] as const)
      this.addSql(`create trigger search_documents_noted_${event} after ${event} on search_documents
        referencing ${rows} table as changed for each statement execute function search_note_documents()`)
    // A document comes and goes with its standing; what changes later are counts.
    this.addSql(`create trigger search_standings_noted_update after update on search_standings
      referencing new table as changed for each statement execute function search_note_documents()`)
  }

  #noteVisibility(): void {
    this.addSql(`create function search_note_visibility() returns trigger language plpgsql as $body$
      begin
        if exists (select from search_following where is_followed) then
          insert into search_changes as c (artifact_id, hides)
          select d.artifact_id, true from artifacts a join search_documents d on d.artifact_id = a.id
          where case when tg_table_name = 'artifacts' then a.id = new.id else a.namespace_id = new.id end order by d.artifact_id
          on conflict (artifact_id) do update set number = nextval('search_change_numbers'), hides = true;
        end if;
        return null;
      end $body$`)
    this.addSql(`create trigger artifacts_visibility_noted after update of visibility, state, namespace_id on artifacts for each row
      when ((old.visibility, old.state, old.namespace_id) is distinct from (new.visibility, new.state, new.namespace_id))
      execute function search_note_visibility()`)
    this.addSql(`create trigger namespaces_visibility_noted after update of visibility, state, account_id on namespaces for each row
      when ((old.visibility, old.state, old.account_id) is distinct from (new.visibility, new.state, new.account_id))
      execute function search_note_visibility()`)
  }
}
