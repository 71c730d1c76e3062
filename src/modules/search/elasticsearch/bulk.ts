import type { Client, estypes } from '@elastic/elasticsearch'
import type { Logger } from '../../../shared/kernel/logger.ts'
import type { IndexedDocument } from './indexed-document.ts'

/** What becomes of one artifact in an index. */
export interface Write {
  readonly artifactId: string
  /** Of several writes the one with the highest number stays, in whatever order they arrive. */
  readonly number: number
  /** Absent: none any more. */
  readonly document?: IndexedDocument
}

/** Elasticsearch took some of it and had no room for the rest; all of it may be sent again. */
export class BulkIncomplete extends Error {
  constructor(refused: number, reason: string) {
    super(`Elasticsearch did not take ${refused} documents: ${reason}`)
  }
}

interface BulkOptions {
  /** Of aliases: where one is missing the write is refused, and no index comes into being by accident. */
  readonly aliases: readonly string[]
  /** Whether searches know of it when this resolves; else soon after. */
  readonly isSeen?: boolean
  readonly log: Logger
}

const missing = 404
const newerIsThere = 409
/** A missing alias has just moved, or comes with the next index. */
const isTemporary = (status: number): boolean => status === missing || status === 429 || status >= 500

/** Writes into all the aliases. What an index cannot take for good is logged and left out; answers how many that were. */
export async function writeBulk(client: Client, writes: readonly Write[], { aliases, isSeen = false, log }: BulkOptions): Promise<number> {
  if (writes.length === 0 || aliases.length === 0) return 0
  const operations = aliases.flatMap((alias) => writes.flatMap((write) => operationsOf(alias, write)))
  const { errors, items } = await client.bulk(
    { operations, refresh: isSeen, require_alias: true },
    { headers: { 'content-type': 'application/x-ndjson' } },
  )
  if (!errors) return 0
  const failed = items.map((item) => Object.values(item)[0]).filter((item) => item !== undefined && isFailure(item))
  const temporary = failed.filter((item) => item !== undefined && isTemporary(item.status))
  const first = temporary[0]
  if (first) throw new BulkIncomplete(temporary.length, reasonOf(first))
  for (const item of failed) if (item) log.error({ artifactId: item._id, reason: reasonOf(item) }, 'Elasticsearch refuses a document')
  return failed.length
}

function operationsOf(alias: string, { artifactId, number, document }: Write): (estypes.BulkOperationContainer | IndexedDocument)[] {
  const target = { _index: alias, _id: artifactId, version: number, version_type: 'external' as const }
  return document ? [{ index: target }, document] : [{ delete: target }]
}

/** A document that is gone already, or that is newer already, is as it should be. */
function isFailure({ status, error }: estypes.BulkResponseItem): boolean {
  if (status === newerIsThere) return false
  // A missing alias is told apart from a missing document by its error.
  return status >= 400 && !(status === missing && error === undefined)
}

const reasonOf = ({ error, status }: estypes.BulkResponseItem): string => `${status} ${error?.type ?? ''} ${error?.reason ?? ''}`.trim()
