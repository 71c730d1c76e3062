import { Migration } from '@mikro-orm/migrations'

// RFC 9562 version 7 in SQL, because Postgres has a function for it from 18 on only.
const uuidv7 = `encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
  placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid`

export class Outbox extends Migration {
  override up(): void {
    this.addSql(`create table outbox (
      id bigint generated always as identity primary key,
      event_id uuid not null unique,
      name text not null,
      version integer not null,
      payload jsonb,
      actor text,
      trace text,
      origin text not null,
      at timestamptz not null default now(),
      relayed boolean not null default false
    )`)
    this.addSql('create index outbox_unrelayed on outbox (id) where not relayed')
    // Room in every page for the claim of a run, which then touches no index.
    this.addSql(`create table effect_runs (
      id uuid primary key default ${uuidv7},
      outbox_id bigint not null references outbox on delete cascade,
      effect text collate "C" not null,
      state text not null default 'queued' check (state in ('queued', 'done', 'dead')),
      attempts integer not null default 0,
      error text,
      run_after timestamptz not null default now(),
      claimed_until timestamptz,
      updated_at timestamptz not null default now(),
      unique (outbox_id, effect)
    ) with (fillfactor = 60)`)
    this.addSql(`create index effect_runs_queued on effect_runs (effect, outbox_id) where state = 'queued'`)
    this.addSql(`create index effect_runs_dead on effect_runs (updated_at) where state = 'dead'`)
    this.addSql(`create table effect_listeners (
      event text collate "C" not null,
      effect text collate "C" not null,
      seen_at timestamptz not null default now(),
      primary key (event, effect)
    )`)
    this.addSql('create table effect_queue (id uuid primary key default gen_random_uuid())')
    this.addSql('insert into effect_queue default values')
  }
}
