import type { Database } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import { decodeCursor } from '../../shared/types/cursor.ts'
import { type Page, pageOf } from '../../shared/types/page.ts'
import type { ArtifactRef, Catalog } from '../metadata/contract.ts'
import { CursorInvalid, RangeInvalid } from './errors.ts'
import { windowsOf } from './period-windows.ts'
import { type Dimension, type Interval, readTotals, type TotalKey, type TotalRow, type TotalsFilter } from './totals.queries.ts'
import { instantOf } from './usage-record.ts'

export interface TotalsQuery extends Partial<Pick<TotalsFilter, 'metric' | 'name' | 'format' | 'subject'>> {
  readonly from?: string
  readonly to?: string
  readonly interval: Interval
  readonly by: readonly Dimension[]
  readonly cursor?: string
  readonly limit: number
}

export type UsageTotals = Page<TotalRow> & { readonly from: string; readonly to: string; readonly interval: Interval }

/** What artifacts were used, for those who manage them. Throws `metering.range_invalid`, `metering.cursor_invalid`. */
export interface Totals {
  /** Throws what the catalog throws for the namespace. */
  of(principal: Principal, namespace: string, query: TotalsQuery): Promise<UsageTotals>
  /** Throws what the catalog throws for the artifact. */
  ofArtifact(principal: Principal, ref: ArtifactRef, query: TotalsQuery): Promise<UsageTotals>
}
export const Totals = service<Totals>('metering.totals')

const hourMs = 3_600_000
/** Longest range by interval, so that an answer stays a question of milliseconds. */
const maxDays: Readonly<Record<Interval, number>> = { hour: 31, day: 366, month: 3_660 }

export class TotalsService implements Totals {
  readonly #database: Database
  readonly #catalog: Catalog

  constructor({ database, catalog }: { readonly database: Database; readonly catalog: Catalog }) {
    this.#database = database
    this.#catalog = catalog
  }

  async of(principal: Principal, namespace: string, query: TotalsQuery): Promise<UsageTotals> {
    const { id: namespaceId } = await this.#catalog.namespace(principal, namespace, 'manage')
    return this.#read({ namespaceId, artifactId: undefined }, query)
  }

  async ofArtifact(principal: Principal, ref: ArtifactRef, query: TotalsQuery): Promise<UsageTotals> {
    const { namespace, artifact } = await this.#catalog.locate(principal, ref, 'manage')
    return this.#read({ namespaceId: namespace.id, artifactId: artifact.id }, query)
  }

  async #read(of: Pick<TotalsFilter, 'namespaceId' | 'artifactId'>, query: TotalsQuery): Promise<UsageTotals> {
    const range = rangeOf(query)
    const { interval, by, metric, name, format, subject, limit } = query
    const after = keyOf(query.cursor)
    const rows: TotalRow[] = []
    // A page adds up the periods it shows and few more, however long the range is.
    for (const [from, to] of windowsOf({ ...range, interval }, after?.[0])) {
      const filter = { ...of, from, to, interval, by: new Set(by), metric, name, format, subject, after }
      rows.push(...(await readTotals(this.#database, { ...filter, limit: limit + 1 - rows.length })))
      if (rows.length > limit) break
    }
    const page = pageOf(rows, limit, (row) => [row.period, row.metric, row.name, row.format, row.version, row.subjectKind, row.subject])
    return { ...page, ...range, interval }
  }
}

/** Whole hours: from the one that holds `from` to the end of the one that holds the last moment before `to`. */
function rangeOf({ from, to, interval }: TotalsQuery, now = new Date()): { readonly from: string; readonly to: string } {
  const monthBegan = Date.UTC(now.getUTCFullYear(), now.getUTCMonth())
  const begins = Math.floor(timeOf(from, monthBegan) / hourMs) * hourMs
  const ends = Math.ceil(timeOf(to, now.getTime()) / hourMs) * hourMs
  if (ends <= begins) throw new RangeInvalid('`to` has to be later than `from`')
  if (ends - begins > maxDays[interval] * 24 * hourMs) throw new RangeInvalid(`by ${interval}, at most ${maxDays[interval]} days are told`)
  return { from: new Date(begins).toISOString(), to: new Date(ends).toISOString() }
}

function timeOf(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const instant = instantOf(text.length === 10 ? `${text}T00:00:00Z` : text)
  // What lies outside of these years is a slip, and the last of them have no next hour.
  if (instant === undefined || !/^(?:19|2\d)\d\d-/.test(instant)) throw new RangeInvalid(`${text} is no instant between 1900 and 2999`)
  return Date.parse(instant)
}

function keyOf(cursor: string | undefined): TotalKey | undefined {
  if (cursor === undefined) return undefined
  const values = decodeCursor(cursor, 7)
  const [period, ...texts] = values ?? []
  if (typeof period !== 'string' || !isHour.test(period) || instantOf(period) === undefined) throw new CursorInvalid()
  if (!texts.every((text) => typeof text === 'string')) throw new CursorInvalid()
  return values as TotalKey
}
const isHour = /^\d{4}-\d\d-\d\dT\d\d:00:00Z$/
