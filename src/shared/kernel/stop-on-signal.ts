import type { Kernel } from './kernel.ts'
import { Log } from './logger.ts'

/** npm and node --watch pass on a signal that the terminal has already given to the whole group, so one Ctrl-C arrives thrice. */
const echoMs = 1_000
/** What a stop may take beyond the drain before it counts as hanging. */
const graceMs = 5_000

/**
 * SIGTERM and SIGINT finish the work in flight and end the process with status 0; a second signal does not wait. One that comes
 * during the boot takes effect at its end, because a boot cut short would leave the embedded Postgres behind.
 */
export function stopOnSignal(booting: Promise<Kernel>): void {
  let stoppingSince: number | undefined
  const stop = (signal: NodeJS.Signals) => {
    const now = performance.now()
    if (stoppingSince !== undefined) {
      if (now - stoppingSince > echoMs) process.exit(1)
      return
    }
    stoppingSince = now
    booting
      .then((kernel) => {
        exitWhenHanging(kernel)
        return kernel.stop(signal)
      })
      .then(
        () => process.exit(0),
        () => process.exit(1),
      )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function exitWhenHanging({ settings, resolve }: Kernel): void {
  const limitMs = settings.drainTimeoutMs + graceMs
  setTimeout(() => {
    resolve(Log).error({ limitMs }, 'the stop hangs, the process ends without it')
    process.exit(1)
  }, limitMs)
}
