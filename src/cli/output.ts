import { SingleBar } from 'cli-progress'

export interface Progress {
  advance(bytes: number): void
  stop(): void
}

const hidden: Progress = { advance: () => {}, stop: () => {} }
const megabyte = 1_048_576

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

  /** One thing with all its members. */
  record(value: object): void {
    this.result(value, lines(value))
  }

  list<T extends object>(items: readonly T[], columns: readonly (keyof T & string)[]): void {
    process.stdout.write(this.#json ? `${JSON.stringify(items)}\n` : table(items, columns))
  }

  note(text: string): void {
    if (!this.#json && !this.#quiet) process.stderr.write(`${text}\n`)
  }

  /** A bar on a terminal, nothing elsewhere. `total` and `advance` are bytes. */
  progress(title: string, total: number, done = 0): Progress {
    if (this.#json || this.#quiet || !process.stderr.isTTY) return hidden
    const bar = new SingleBar({ format: `${title} {bar} {percentage}% {rate}`, stream: process.stderr, hideCursor: true })
    const started = performance.now()
    let current = done
    bar.start(total, done, { rate: '' })
    return {
      advance: (bytes) => {
        current += bytes
        const perSecond = ((current - done) / (performance.now() - started)) * 1_000
        bar.update(current, { rate: `${(perSecond / megabyte).toFixed(1)} MiB/s` })
      },
      stop: () => bar.stop(),
    }
  }
}

function table<T extends object>(items: readonly T[], columns: readonly (keyof T & string)[]): string {
  if (items.length === 0) return 'nothing found\n'
  const rows = [columns.map((column) => column.toUpperCase()), ...items.map((item) => columns.map((column) => cell(item[column])))]
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)))
  const line = (row: readonly string[]) => row.map((text, index) => text.padEnd(widths[index] ?? 0)).join('  ')
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('')
}

function lines(value: object): string {
  const members = Object.entries(value)
  const width = Math.max(...members.map(([key]) => key.length))
  return members.map(([key, member]) => `${key.padEnd(width)}  ${cell(member)}`.trimEnd()).join('\n')
}

// What a registry says is not trusted to move the cursor or to hide lines.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
const control = /[\u0000-\u001f\u007f-\u009f]/g

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value) && value.every((each) => typeof each !== 'object')) return value.join(',').replace(control, ' ')
  return (typeof value === 'object' ? JSON.stringify(value) : String(value)).replace(control, ' ')
}
