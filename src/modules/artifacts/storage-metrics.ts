import { statfs } from 'node:fs/promises'
import type { Database } from '../../shared/kernel/database.ts'
import type { Metrics } from '../../shared/kernel/metrics.ts'
import { remembered } from '../../shared/kernel/remembered.ts'
import type { CollectionReport } from './contract.ts'

/** All blobs are looked at for it, in the background. */
const storedMs = 600_000
const collectedMs = 60_000

/** What is stored, and how much room is left where the data directory is. */
export function measureStorage({ gauge }: Metrics, { database, dataDir }: { readonly database: Database; readonly dataDir: string }): void {
  const stored = remembered(() => storedNow(database), storedMs)
  gauge({ name: 'registry_storage_blobs', help: 'Distinct blobs.', read: async () => (await stored())?.blobs })
  gauge({ name: 'registry_storage_bytes', help: 'Bytes of all blobs, each once.', read: async () => (await stored())?.bytes })
  gauge({
    name: 'registry_storage_disk_size_bytes',
    help: 'Size of the file system of the data directory.',
    read: async () => (await diskOf(dataDir)).size,
  })
  gauge({
    name: 'registry_storage_disk_free_bytes',
    help: 'Room on it that the registry may use.',
    read: async () => (await diskOf(dataDir)).free,
  })
  const collected = remembered(() => collectedAt(database), collectedMs)
  gauge({
    name: 'registry_gc_last_finished_timestamp_seconds',
    help: 'When a garbage collection of any process was last done, unix time; nothing before the first.',
    read: collected,
  })
}

async function diskOf(folder: string): Promise<{ readonly size: number; readonly free: number }> {
  const { bsize, blocks, bavail } = await statfs(folder)
  return { size: bsize * blocks, free: bsize * bavail }
}

async function storedNow(database: Database): Promise<{ readonly blobs: number; readonly bytes: number } | undefined> {
  const [row] = await database.sql<{ blobs: number; bytes: number }>`
    select count(*) as blobs, coalesce(sum(size_bytes), 0)::bigint as bytes from blobs`
  return row
}

async function collectedAt(database: Database): Promise<number | undefined> {
  const [row] = await database.sql<{ seconds: number }>`
    select extract(epoch from finished_at)::float8 as seconds from collections where isfinite(finished_at)`
  return row?.seconds
}

/** Told of every collection of this process. */
export interface CollectionMeter {
  done(report: Omit<CollectionReport, 'finishedAt'>, seconds: number): void
  failed(): void
}

const outcomes = ['done', 'failed'] as const
const removable = ['sessions', 'manifests', 'links', 'blobs', 'orphans'] as const

export function createCollectionMeter({ counter, gauge }: Metrics): CollectionMeter {
  const runs = counter({ name: 'registry_gc_runs_total', help: 'Garbage collections of this process.', labelNames: ['outcome'] })
  const removed = counter({
    name: 'registry_gc_removed_total',
    help: 'What garbage collections of this process removed.',
    labelNames: ['kind'],
  })
  const freed = counter({ name: 'registry_gc_freed_bytes_total', help: 'Bytes of blobs they removed.' })
  const took = gauge({ name: 'registry_gc_duration_seconds', help: 'How long the last one of this process took.' })
  for (const outcome of outcomes) runs.inc({ outcome }, 0)
  return {
    done(report, seconds) {
      runs.inc({ outcome: 'done' })
      for (const kind of removable) removed.inc({ kind }, report[kind])
      freed.inc(report.bytes)
      took.set(seconds)
    },
    failed: () => runs.inc({ outcome: 'failed' }),
  }
}
