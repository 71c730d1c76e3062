import { readFileSync, writeFileSync } from 'node:fs'

/** Resident memory of the server and of the processes that analyse for it, at most, while it lasts. */
export class MemoryWatch implements Disposable {
  readonly #server: number
  readonly #timer: NodeJS.Timeout
  readonly #children = new Map<number, number>()
  readonly idleMiB: number

  constructor(server: number) {
    this.#server = server
    // The kernel forgets the highest mark so far: proc(5), clear_refs.
    writeFileSync(`/proc/${server}/clear_refs`, '5')
    this.idleMiB = peakMiB(server)
    this.#timer = setInterval(() => this.#look(), 50)
  }

  get serverMiB(): number {
    return peakMiB(this.#server)
  }

  /** Of each process of the analysis that was there. */
  get analysesMiB(): number[] {
    return [...this.#children.values()]
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    for (const pid of read(`/proc/${this.#server}/task/${this.#server}/children`).split(' ').map(Number)) {
      if (!/analysis\/child\.[jt]s/.test(read(`/proc/${pid}/cmdline`))) continue
      const peak = peakMiB(pid)
      if (peak > 0) this.#children.set(pid, peak)
    }
  }
}

const peakMiB = (pid: number): number => Number(/VmHWM:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1_024

/** Empty for a process that has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
