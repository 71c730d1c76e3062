import { SingleBar } from 'cli-progress'

/** Results go to stdout, progress to stderr; with `--json` stdout carries one JSON document and nothing else. */
export class Output {
  readonly #json: boolean
  readonly #quiet: boolean

  constructor({ json, quiet }: { json: boolean; quiet: boolean }) {
    this.#json = json
    this.#quiet = quiet
  }

  /** `text` is for people. */
  result(value: unknown, text: string): void {
    process.stdout.write(this.#json ? `${JSON.stringify(value)}\n` : `${text}\n`)
  }

  list<T extends object>(items: readonly T[], columns: readonly (keyof T & string)[]): void {
    if (this.#json) process.stdout.write(`${JSON.stringify(items)}\n`)
    else process.stdout.write(table(items, columns))
  }

  note(text: string): void {
    if (!this.#json && !this.#quiet) process.stderr.write(`${text}\n`)
  }

  /** A bar on a terminal, nothing elsewhere. `total` and `advance` are bytes. */
  progress(title: string, total: number, done = 0): { advance(bytes: number): void; stop(): void } {
    if (this.#json || this.#quiet || !process.stderr.isTTY) return { advance: () => {}, stop: () => {} }
    const bar = new SingleBar({ format: `${title} {bar} {percentage}% {rate}`, stream: process.stderr, hideCursor: true, clearOnComplete: false, etaBuffer: 50 })
    const started = performance.now()
    let current = done
    bar.start(total, done, { rate: '' })
    return {
      advance: (bytes) => {
        current += bytes
        const perSecond = ((current - done) / (performance.now() - started)) * 1_000
        bar.update(current, { rate: `${(perSecond / 1_048_576).toFixed(1)} MiB/s` })
      },
      stop: () => bar.stop(),
    }
  }
}

function table<T extends object>(items: readonly T[], columns: readonly (keyof T & string)[]): string {
  if (items.length === 0) return 'nothing found\n'
  const rows = [columns.map((column) => column.toUpperCase()), ...items.map((item) => columns.map((column) => cell(item[column])))]
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)))
  return rows.map((row) => `${row.map((text, index) => text.padEnd(widths[index] ?? 0)).join('  ').trimEnd()}\n`).join('')
}

const cell = (value: unknown): string => (value === null || value === undefined ? '' : Array.isArray(value) ? value.join(',') : String(value))
