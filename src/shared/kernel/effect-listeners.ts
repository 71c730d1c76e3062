import { sql } from 'kysely'
import type { Database } from './database.ts'

/** An effect, and the name of the outbox rows that make it run. */
export interface Listening {
  readonly name: string
  readonly effect: string
  /** Rows whose payload contains this do not; null: all of them do. */
  readonly unless: object | null
}

/** As `l (event, effect, unless)`. */
export const listeners = (listening: readonly Listening[]) =>
  sql`jsonb_to_recordset(${JSON.stringify(
    listening.map(({ name, effect, unless }) => ({ event: name, effect, unless })),
  )}::jsonb) as l (event text, effect text, unless jsonb)`

/** Days after which an effect that no process has any more gets no runs, and those it still had are forgotten. */
export const forgottenAfterDays = 7

/** Says that a process has these effects, so that the others leave runs for them. */
export async function declareListeners(database: Database, listening: readonly Listening[]): Promise<void> {
  if (listening.length === 0) return
  // In one order everywhere, or two processes could wait for each other's rows.
  await database.sql`
    insert into effect_listeners as known (event, effect, unless)
    select event, effect, unless from ${listeners(listening)} order by event, effect
    on conflict (event, effect) do update set seen_at = now(), unless = excluded.unless
      where known.seen_at < now() - interval '1 hour' or known.unless is distinct from excluded.unless`
}

export async function forgetListeners(database: Database): Promise<void> {
  await database.sql`
    with gone as (
      delete from effect_listeners where seen_at < now() - ${forgottenAfterDays} * interval '1 day' returning event, effect
    )
    delete from effect_runs r using gone g
    where r.effect = g.effect and r.state = 'queued'
      and not exists (
        select from effect_listeners l
        where l.effect = g.effect and l.seen_at >= now() - ${forgottenAfterDays} * interval '1 day')`
}
