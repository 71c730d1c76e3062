import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = (options: { type: 'major'; execution: 'async'; flavor: 'last-resort' }) => Promise<void>

/** By then the schemas of the routes are compiled and the effects have looked at their queue once. */
const settledMs = 2_000

/**
 * Gives back what only the start needed, some 50 MiB: V8 keeps it until load forces a collection, which an idle registry never sees.
 * Costs one pause of about 60 ms; a smaller young generation for good would cost every request. From here on it grows with the load.
 */
export function releaseBootMemory(): void {
  setTimeout(() => {
    setFlagsFromString('--semi-space-growth-factor=2')
    setFlagsFromString('--expose-gc')
    const collect: Collect = runInNewContext('gc')
    setFlagsFromString('--no-expose-gc')
    void collect({ type: 'major', execution: 'async', flavor: 'last-resort' })
  }, settledMs).unref()
}
