import { Migration } from '@mikro-orm/migrations'

/** What is counted. Rows that wait are rolled up soon; nothing here tells who anybody is for longer than its day. */
export class Analytics extends Migration {
  override up(): void {
    for (const statement of [...collected, ...downloads, ...days, ...registryWide]) this.addSql(statement)
  }
}

const collected = [
  // Appended by every process, taken away by the roll-up. `client`: so many clients that had not come on that day before.
  `create table analytics_pending (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    artifact_id uuid not null,
    version_id uuid null,
    kind text not null check (kind in ('download', 'install', 'client')),
    door text collate "C" not null,
    count bigint not null
  )`,
  `create table analytics_salts (day date primary key, salt bytea not null)`,
  // Of the current day.
  `create table analytics_clients (
    day date not null,
    client bytea not null,
    artifact_id uuid not null,
    primary key (day, client, artifact_id)
  )`,
]

/** By version, door and kind: the minutes of the last weeks, the hours of the last year, all days. */
const downloads = (
  [
    ['analytics_minutes', 'minute', 'timestamptz'],
    ['analytics_hours', 'hour', 'timestamptz'],
    ['analytics_days', 'day', 'date'],
  ] as const
).map(
  ([table, column, type]) => `create table ${table} (
    artifact_id uuid not null references artifacts (id) on delete cascade,
    ${column} ${type} not null,
    version_id uuid not null,
    kind text not null,
    door text collate "C" not null,
    count bigint not null,
    primary key (artifact_id, ${column}, version_id, kind, door)
  )`,
)

const days = [
  `create index analytics_minutes_minute_index on analytics_minutes (minute)`,
  `create index analytics_hours_hour_index on analytics_hours (hour)`,
  `create table analytics_artifact_days (
    artifact_id uuid not null references artifacts (id) on delete cascade,
    day date not null,
    downloads bigint not null,
    installs bigint not null,
    clients bigint not null,
    primary key (artifact_id, day)
  )`,
  `create index analytics_artifact_days_day_index on analytics_artifact_days (day) include (artifact_id, downloads, installs)`,
  // Two artifacts that the same clients took on the same day; both directions.
  `create table analytics_together (
    artifact_id uuid not null references artifacts (id) on delete cascade,
    other_id uuid not null references artifacts (id) on delete cascade,
    day date not null,
    clients bigint not null,
    primary key (artifact_id, other_id, day)
  )`,
  `create index analytics_together_day_index on analytics_together (day)`,
]

const registryWide = [
  // `outcome`: of a request the class of its status, of a search whether it found anything.
  `create table analytics_traffic (
    hour timestamptz not null,
    kind text not null check (kind in ('request', 'search')),
    door text collate "C" not null,
    outcome text collate "C" not null,
    count bigint not null,
    primary key (hour, kind, door, outcome)
  )`,
  `create table analytics_missed_searches (
    day date not null,
    text text collate "C" not null,
    count bigint not null,
    primary key (day, text)
  )`,
]
