import type { Histogram } from 'prom-client'
import type { Metrics } from '../../shared/kernel/metrics.ts'

/** Seconds from the first byte that is read to the verdict. */
export type ScanDurations = Histogram<'outcome'>

export function scanDurations(metrics: Metrics): ScanDurations {
  const durations = metrics.histogram({
    name: 'registry_scan_duration_seconds',
    help: 'A scan of a manifest: unpacking what is new, and coming to a verdict.',
    labelNames: ['outcome'],
    buckets: [0.05, 0.25, 1, 5, 15, 60, 300, 1_800],
  })
  for (const outcome of ['completed', 'failed'] as const) durations.zero({ outcome })
  return durations
}
