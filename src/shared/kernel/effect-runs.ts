import type { Database } from './database.ts'
import type { DeadLetter } from './effects.ts'
import type { EventEnvelope } from './event.ts'
import { isRelaxed, relaxed } from './relaxed-commit.ts'

/** One effect for one outbox row, claimed by this process. */
export interface ClaimedRun {
  readonly id: string
  /** Failed tries so far. */
  readonly attempts: number
  readonly envelope: EventEnvelope
}

export interface FailedRun {
  readonly id: string
  readonly error: string
  readonly delayMs: number
  readonly dead: boolean
}

/** Seconds until the claim of a process that died is void. */
const leaseSeconds = 30
/** How often a claim is renewed. */
export const renewEveryMs = 10_000

/** What a process may take: due, and not held by a living process. A claim that is lost in a crash of Postgres may be made again while the first goes on. */
export async function claimRuns(database: Database, effect: string, limit: number): Promise<ClaimedRun[]> {
  const rows = await database.sql<EventEnvelope & { runId: string; outboxId: number; attempts: number }>`
    with ${relaxed}, due as (
      select id from effect_runs
      where ${isRelaxed} and effect = ${effect} and state = 'queued' and run_after <= now() and (claimed_until is null or claimed_until < now())
      order by outbox_id limit ${limit} for update skip locked
    )
    update effect_runs r set claimed_until = now() + ${leaseSeconds} * interval '1 second'
    from due, outbox o
    where r.id = due.id and o.id = r.outbox_id
    returning r.id as "runId", o.id as "outboxId", r.attempts, o.event_id as id, o.name, o.version, o.at, o.actor, o.trace, o.payload`
  rows.sort((one, other) => one.outboxId - other.outboxId)
  return rows.map(({ runId, outboxId: _, attempts, ...envelope }) => ({ id: runId, attempts, envelope }))
}

export async function renewRuns(database: Database, ids: readonly string[]): Promise<void> {
  await database.sql`
    update effect_runs set claimed_until = now() + ${leaseSeconds} * interval '1 second' where id = any(${ids}::uuid[]) and state = 'queued'`
}

/** Gives claims back without counting a try. */
export async function releaseRuns(database: Database, ids: readonly string[]): Promise<void> {
  await database.sql`update effect_runs set claimed_until = null where id = any(${ids}::uuid[]) and state = 'queued'`
}

/** `done`: those that ran, and those that were coalesced into one of them; a run whose verdict is lost in a crash of Postgres is done again. */
export async function finishRuns(database: Database, done: readonly string[], failed: readonly FailedRun[]): Promise<void> {
  if (done.length > 0)
    await database.sql`
      with ${relaxed}
      update effect_runs set state = 'done', attempts = attempts + 1, error = null, claimed_until = null, updated_at = now()
      where ${isRelaxed} and id = any(${done}::uuid[]) and state = 'queued'`
  if (failed.length > 0)
    await database.sql`
      update effect_runs r set attempts = r.attempts + 1, error = f.error, claimed_until = null, updated_at = now(),
        state = case when f.dead then 'dead' else 'queued' end, run_after = now() + f.delay * interval '1 millisecond'
      from unnest(${failed.map(({ id }) => id)}::uuid[], ${failed.map(({ error }) => error)}::text[],
        ${failed.map(({ delayMs }) => delayMs)}::float8[], ${failed.map(({ dead }) => dead)}::boolean[]) as f (id, error, delay, dead)
      where r.id = f.id and r.state = 'queued'`
}

/** Milliseconds until the effect's next retry is due; undefined when none waits. */
export async function nextRetryMs(database: Database, effect: string): Promise<number | undefined> {
  const [row] = await database.sql<{ waitMs: number | null }>`
    select (extract(epoch from min(run_after) - now()) * 1000)::float8 as "waitMs" from effect_runs
    where effect = ${effect} and state = 'queued' and claimed_until is null`
  return row?.waitMs === null || row === undefined ? undefined : Math.max(0, row.waitMs)
}

/** Effects with runs that have been due for so many milliseconds and that no living process holds. */
export async function effectsDue(database: Database, forMs: number): Promise<string[]> {
  const rows = await database.sql<{ effect: string }>`
    select distinct effect from effect_runs
    where state = 'queued' and run_after <= now() - ${forMs} * interval '1 millisecond'
      and (claimed_until is null or claimed_until < now())`
  return rows.map(({ effect }) => effect)
}

/** What processes that may have died hold: milliseconds until the last of their leases ends, for each effect. */
export const effectsHeld = (database: Database): Promise<{ readonly effect: string; readonly freeMs: number }[]> => database.sql`
  select effect, (extract(epoch from max(claimed_until) - now()) * 1000)::float8 as "freeMs" from effect_runs
  where state = 'queued' and claimed_until >= now() group by effect`

/** The one run of a tick, however often the tick is delivered. */
export async function insertTick(
  database: Database,
  { effect, id, origin }: { effect: string; id: string; origin: string },
): Promise<void> {
  await database.sql`
    with tick as (
      insert into outbox (event_id, name, version, payload, origin, relayed)
      values (${id}::uuid, ${`cron:${effect}`}, 1, null, ${origin}, true)
      on conflict (event_id) do nothing returning id
    )
    insert into effect_runs (outbox_id, effect) select id, ${effect} from tick`
}

/** Whoever asks waits for no more rows than this of each kind. */
const mostCounted = 100_000

export const countRuns = (database: Database): Promise<{ name: string; waiting: number; dead: number }[]> => database.sql`
  select effect as name, count(*) filter (where state = 'queued') as waiting, count(*) filter (where state = 'dead') as dead
  from ((select effect, state from effect_runs where state = 'queued' limit ${mostCounted})
    union all (select effect, state from effect_runs where state = 'dead' limit ${mostCounted})) as open
  group by effect order by effect`

const mostUnrelayed = 10_000

export async function outboxLag(database: Database): Promise<{ readonly waiting: number; readonly oldestSeconds: number } | undefined> {
  const [row] = await database.sql<{ waiting: number; oldestSeconds: number }>`
    select (select count(*) from (select from outbox where not relayed limit ${mostUnrelayed}) as unrelayed) as waiting,
      coalesce((select greatest(0, extract(epoch from now() - at)) from outbox where not relayed order by id limit 1), 0)::float8 as "oldestSeconds"`
  return row
}

export const listDead = (database: Database, limit: number): Promise<DeadLetter[]> => database.sql<DeadLetter>`
  select r.id, r.effect, o.name as event, o.payload, r.attempts, coalesce(r.error, '') as error, r.updated_at as "failedAt"
  from effect_runs r join outbox o on o.id = r.outbox_id
  where r.state = 'dead' order by r.updated_at desc limit ${limit}`

/** The effect of the dead letter that was put back into the queue. */
export async function reviveDead(database: Database, id: string): Promise<string | undefined> {
  const [row] = await database.sql<{ effect: string }>`
    update effect_runs set state = 'queued', attempts = 0, run_after = now(), claimed_until = null, updated_at = now()
    where id = ${id}::uuid and state = 'dead' returning effect`
  return row?.effect
}

/** Whether anything up to this outbox row still waits for the relay or a run. */
export async function hasUnfinished(database: Database, upTo: number): Promise<boolean> {
  const [row] = await database.sql<{ found: boolean }>`
    select exists (select from outbox where not relayed and id <= ${upTo})
      or exists (select from effect_runs where state = 'queued' and outbox_id <= ${upTo}) as found`
  return row?.found === true
}

export async function newestOutboxId(database: Database): Promise<number> {
  const [row] = await database.sql<{ newest: number }>`select coalesce(max(id), 0) as newest from outbox`
  return row?.newest ?? 0
}
