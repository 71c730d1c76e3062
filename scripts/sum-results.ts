import { readFileSync } from 'node:fs'

interface Results {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly success: boolean
}

/** Adds up vitest's JSON reports named on the command line; a skipped test is counted aloud, a failed one fails the run. */
const reports = process.argv.slice(2).map((path): Results => JSON.parse(readFileSync(path, 'utf8')))
if (reports.length === 0) throw new Error('no report was named')
const total = (pick: (results: Results) => number) => reports.reduce((sum, results) => sum + pick(results), 0)

const failed = total((results) => results.numFailedTests)
const skipped = total((results) => results.numPendingTests + results.numTodoTests)
if (skipped > 0) console.log(`${skipped} skipped`)
console.log(`${total((results) => results.numPassedTests)} passed, ${failed} failed`)
process.exitCode = failed > 0 || reports.some((results) => !results.success) ? 1 : 0
