import type { Logger } from '../kernel/logger.ts'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly fields: object
  readonly message: string
}

/** Keeps the lines instead of writing them; errors are also written to stderr, where a failing test needs them. */
export interface RecordedLog extends Logger {
  readonly lines: readonly LogLine[]
}

export function recordLog(): RecordedLog {
  const lines: LogLine[] = []
  const write = (level: LogLine['level'], bound: object) => (fields: object, message: string) => {
    lines.push({ level, fields: { ...bound, ...fields }, message })
    if (level === 'error') process.stderr.write(`${message} ${describe(fields)}\n`)
  }
  const create = (bound: Record<string, unknown>): RecordedLog => ({
    lines,
    debug: write('debug', bound),
    info: write('info', bound),
    warn: write('warn', bound),
    error: write('error', bound),
    child: (fields) => create({ ...bound, ...fields }),
  })
  return create({})
}

function describe(fields: object): string {
  const error = 'error' in fields ? fields.error : 'err' in fields ? fields.err : undefined
  return error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(fields)
}
