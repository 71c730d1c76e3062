import { performance } from 'node:perf_hooks'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { service } from './service.ts'
import { within } from './within.ts'

export interface MetricOptions<L extends string> {
  /** Prometheus style: `registry_<module>_<what>_<unit>`, counters ending in `_total`. */
  readonly name: string
  readonly help: string
  /** Few values each: never ids, names or paths of artifacts. */
  readonly labelNames?: readonly L[]
}

/** One sample of a metric that has labels. */
export interface Reading<L extends string> {
  readonly labels: Readonly<Record<L, string | number>>
  readonly value: number
}
type Found<L extends string> = number | readonly Reading<L>[] | undefined
/**
 * Asked at every scrape, so it has to be cheap (see `remembered`): all samples there are. The metric is left out of a scrape when there is none, and
 * when it throws or takes more than a second: `/metrics` answers whatever is down.
 */
export type Read<L extends string> = () => Found<L> | Promise<Found<L>>

/** Numbers shown at `/metrics`. Asking twice for one name gives the same metric. */
export interface Metrics {
  counter<L extends string = never>(options: MetricOptions<L> & { readonly read?: Read<L> }): Counter<L>
  gauge<L extends string = never>(options: MetricOptions<L> & { readonly read?: Read<L> }): Gauge<L>
  histogram<L extends string = never>(options: MetricOptions<L> & { readonly buckets?: readonly number[] }): Histogram<L>
  /** The text exposition format. */
  render(): Promise<string>
}
export const Metrics = service<Metrics>('kernel.metrics')

/** One set per process; never the global registry of prom-client, so that kernels in one test process stay apart. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const known = <M>(name: string, create: () => M): M => (registry.getSingleMetric(name) as M | undefined) ?? create()
  const metrics: Metrics = {
    counter: ({ labelNames = [], read, ...options }) =>
      known(
        options.name,
        () =>
          new Counter({
            ...options,
            labelNames: [...labelNames],
            registers,
            ...(read && { collect: collect(read, labelNames.length > 0) }),
          }),
      ),
    gauge: ({ labelNames = [], read, ...options }) =>
      known(
        options.name,
        () =>
          new Gauge({ ...options, labelNames: [...labelNames], registers, ...(read && { collect: collect(read, labelNames.length > 0) }) }),
      ),
    histogram: ({ labelNames = [], buckets, ...options }) =>
      known(
        options.name,
        () => new Histogram({ ...options, labelNames: [...labelNames], registers, ...(buckets && { buckets: [...buckets] }) }),
      ),
    render: () => registry.metrics(),
  }
  addProcessMetrics(metrics)
  return metrics
}

/** A database that does not answer must not keep the numbers of everything else. */
const patienceMs = 1_000

const collect = <L extends string>(read: Read<L>, isLabelled: boolean) =>
  async function (this: Counter<string> | Gauge<string>): Promise<void> {
    let found: Found<L>
    const reading = Promise.resolve()
      .then(read)
      .then((value) => {
        found = value
      })
    await within(patienceMs, reading)
    // What has no labels would be 0 after a reset, and 0 is a statement.
    if (isLabelled) this.reset()
    else this.remove()
    if (typeof found === 'number') this.inc(found)
    else for (const { labels, value } of found ?? []) this.inc(labels, value)
  }

/** The ones dashboards expect, read at scrape time only. */
function addProcessMetrics(metrics: Metrics): void {
  const startedAt = Math.round(performance.timeOrigin / 1_000)
  const { counter, gauge } = metrics
  let before = performance.eventLoopUtilization()
  const busyShare = (): number => {
    const { utilization } = performance.eventLoopUtilization(before)
    before = performance.eventLoopUtilization()
    return utilization
  }
  const cpuSeconds = (): number => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  }
  gauge({ name: 'process_start_time_seconds', help: 'Start of the process, unix time.', read: () => startedAt })
  gauge({ name: 'process_resident_memory_bytes', help: 'Resident memory.', read: () => process.memoryUsage.rss() })
  counter({ name: 'process_cpu_seconds_total', help: 'CPU time, user and system.', read: cpuSeconds })
  gauge({ name: 'nodejs_heap_size_used_bytes', help: 'Used JavaScript heap.', read: () => process.memoryUsage().heapUsed })
  gauge({ name: 'nodejs_external_memory_bytes', help: 'Memory of buffers.', read: () => process.memoryUsage().external })
  gauge({ name: 'nodejs_eventloop_utilization', help: 'Busy share of the event loop since the last scrape.', read: busyShare })
}
