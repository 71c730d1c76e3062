import type { BlobDriver } from '../contract.ts'
import type { Finding, FsckParts } from './finding.ts'

type Kind = 'copy' | 'upload'

const batchSize = 500

/** Files without a row that the collector should have removed by now (D-9). */
export async function* checkOrphans(parts: FsckParts): AsyncGenerator<Finding> {
  const oldest = Date.now() - parts.orphanSeconds * 1_000
  let batch: { kind: Kind; key: string }[] = []
  for await (const { kind, key, modifiedAt } of parts.driver.list()) {
    if (modifiedAt.getTime() > oldest || parts.live.has(key)) continue
    batch.push({ kind, key })
    if (batch.length < batchSize) continue
    yield* await withoutRow(parts, batch)
    batch = []
  }
  yield* await withoutRow(parts, batch)
}

async function withoutRow({ database, driver }: FsckParts, found: readonly { kind: Kind; key: string }[]): Promise<Finding[]> {
  const keys = found.map(({ key }) => key)
  const rows = await database.sql<{ key: string }>`
    select storage_key as key from blobs where storage_key = any(${keys})
    union all select storage_key from garbage where storage_key = any(${keys})
    union all select id::text from upload_sessions where id::text = any(${keys})`
  const known = new Set(rows.map(({ key }) => key))
  const orphans: Finding[] = []
  for (const { kind, key } of found) {
    if (known.has(key) || !(await isStillThere(driver, kind, key))) continue
    orphans.push({
      kind: `orphan-${kind}`,
      subject: `${kind} ${key}`,
      detail: 'nothing knows this file',
      repair: () => (kind === 'copy' ? driver.remove(key) : driver.abort(key)),
    })
  }
  return orphans
}

/** Rows outlive their files, so a file that is still there without a row is nobody's. */
const isStillThere = async (driver: BlobDriver, kind: Kind, key: string): Promise<boolean> =>
  kind === 'copy' ? (await driver.size(key)) !== undefined : (await driver.uploadSize(key)) > 0
