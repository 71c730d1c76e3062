import { Migration } from '@mikro-orm/migrations'

/** What everything is listed by, apart from the documents: it changes more often, and their words are dear to write. */
export class SearchStandings extends Migration {
  override up(): void {
    this.addSql(`create table search_standings (
      artifact_id uuid not null references search_documents (artifact_id) on delete cascade,
      downloads bigint not null,
      stars bigint not null,
      updated timestamptz not null,
      created timestamptz not null,
      relevance double precision not null,
      constraint search_standings_pkey primary key (artifact_id)
    )`)
    this.addSql(`insert into search_standings (artifact_id, downloads, stars, updated, created, relevance)
      select d.artifact_id, a.downloads, a.stars, coalesce(d.published_at, a.created_at), a.created_at,
        (0.5 + 0.5 * (1 - 5 / (5 + ln(1 + a.downloads + 20 * a.stars))))
          * (0.7 + 0.3 / (1 + greatest(0, date_part('epoch', now()) - date_part('epoch', coalesce(d.published_at, a.created_at))) / 15552000))
      from search_documents d join artifacts a on a.id = d.artifact_id`)
    for (const column of ['downloads', 'stars', 'updated', 'created', 'relevance'])
      this.addSql(`create index search_standings_${column}_index on search_standings (${column}, artifact_id)`)
    // How far the care for documents that no event asks for has come: one row.
    this.addSql(`create table search_upkeep (
      is_only boolean not null default true,
      looked_until timestamptz not null default now(),
      swept uuid null,
      constraint search_upkeep_pkey primary key (is_only),
      constraint search_upkeep_is_only_check check (is_only)
    )`)
    this.addSql('insert into search_upkeep default values')
    // Of a kind that leaves updates of artifacts as cheap as they are, from Postgres 16 on; before, every update would write all indexes.
    this.addSql(`do $$ begin
      if current_setting('server_version_num')::integer >= 160000 then
        create index artifacts_updated_at_index on artifacts using brin (updated_at) with (pages_per_range = 8, autosummarize = on);
      end if;
    end $$`)
  }
}
