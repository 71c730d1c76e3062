import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

const ticksPerSecond = 100

interface Process {
  readonly pid: number
  readonly parent: number
  /** User and system, its own and that of children that have ended. */
  readonly seconds: number
}

/** Seconds of processor that a process has used so far, with all below it: proc(5), stat. */
export function processorSeconds(pid: number): number {
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? readProcess(Number(name)) : []))
  const below = (parent: number): number =>
    all.filter((process) => process.parent === parent).reduce((sum, { pid, seconds }) => sum + seconds + below(pid), 0)
  return (all.find((process) => process.pid === pid)?.seconds ?? 0) + below(pid)
}

/** Of the process alone. */
export const ownProcessorSeconds = (pid: number): number => readProcess(pid)[0]?.seconds ?? 0

function readProcess(pid: number): Process[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name of the program is in brackets and may hold anything.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [parent = 0, ticks] = [fields[1], fields.slice(11, 15)]
    return [{ pid, parent, seconds: ticks.reduce((sum, count) => sum + count, 0) / ticksPerSecond }]
  } catch {
    return []
  }
}

/** Of a cluster in that folder. */
export const postmasterIn = (folder: string): number => Number(readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')[0])

/** The process all others of that server come from; undefined when it runs on another machine. */
export async function postmasterOf(databaseUrl: string): Promise<number | undefined> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    const [backend] = readProcess(rows[0]?.pid ?? 0)
    const isPostgres = backend && readFileSync(`/proc/${backend.pid}/cmdline`, 'utf8').startsWith('postgres')
    return isPostgres ? backend.parent : undefined
  } finally {
    await client.end()
  }
}

/**
 * Resolves when these processes, and all below them, have had next to nothing to do for three seconds, in any case after `mostSeconds`; with the seconds
 * it took.
 */
export async function untilQuiet(pids: readonly number[], mostSeconds = 60): Promise<number> {
  const used = () => pids.reduce((sum, pid) => sum + processorSeconds(pid), 0)
  let waited = 0
  for (let last = used(), quiet = 0; quiet < 3 && waited < mostSeconds; waited += 1) {
    await sleep(1_000)
    const now = used()
    quiet = now - last < 0.1 ? quiet + 1 : 0
    last = now
  }
  return waited
}
