import { Migration } from '@mikro-orm/migrations'

/** The last rebuild and how far it is: one row. */
export class SearchRebuilds extends Migration {
  override up(): void {
    this.addSql(`create table search_rebuilds (
      is_only boolean not null default true,
      state text collate "C" not null default 'none',
      id uuid null,
      requested_at timestamptz null,
      finished_at timestamptz null,
      seen_at timestamptz null,
      done bigint not null default 0,
      documents bigint null,
      error text null,
      constraint search_rebuilds_pkey primary key (is_only),
      constraint search_rebuilds_is_only_check check (is_only),
      constraint search_rebuilds_state_check check (state in ('none', 'waiting', 'running', 'completed', 'failed'))
    )`)
    this.addSql('insert into search_rebuilds default values')
  }
}
