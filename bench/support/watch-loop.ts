// Runs in the server, by `node --import`: whoever started it asks over IPC for the delay of the loop.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'

/** Since the question before. */
export interface LoopDelay {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Of the processor's time that the loop's thread took from one turn of a timer to the next: what others take of the machine is not in it. */
  readonly ownP99Ms: number
  readonly ownMaxMs: number
  /** Busy share of the loop. */
  readonly utilization: number
  /** Of all threads of the process. */
  readonly cpuSeconds: number
}

// As fine as what it is to notice; a turn is counted with the pause before it, so every figure is too large by up to this.
const resolutionMs = 5
const delay = monitorEventLoopDelay({ resolution: resolutionMs })
delay.enable()
let own: number[] = []
let thread = process.threadCpuUsage()
setInterval(() => {
  const { user, system } = process.threadCpuUsage(thread)
  own.push((user + system) / 1e3)
  thread = process.threadCpuUsage()
}, resolutionMs).unref()
let busy = performance.eventLoopUtilization()
let cpu = process.cpuUsage()

process.on('message', () => {
  const { user, system } = process.cpuUsage(cpu)
  const { utilization } = performance.eventLoopUtilization(busy)
  const [p50Ms, p99Ms, maxMs] = [delay.percentile(50), delay.percentile(99), delay.max].map((nanoseconds) => nanoseconds / 1e6)
  own.sort((a, b) => a - b)
  const [ownP99Ms, ownMaxMs] = [own[Math.floor(own.length * 0.99)], own.at(-1)]
  process.send?.({ p50Ms, p99Ms, maxMs, ownP99Ms, ownMaxMs, utilization, cpuSeconds: (user + system) / 1e6 })
  busy = performance.eventLoopUtilization()
  cpu = process.cpuUsage()
  own = []
  delay.reset()
})
// Nothing stays alive for a question.
process.channel?.unref()
