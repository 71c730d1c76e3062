import { type Static, Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { AnalysisReport } from '../analysis.contract.ts'
import { isStorable } from '../storable-text.ts'
import { componentLimits, reportLimits } from './report-lines.ts'

const short = Type.String({ maxLength: componentLimits.text })
const path = Type.String({ maxLength: componentLimits.path })
const level = Type.Union([Type.Literal('clean'), Type.Literal('suspicious'), Type.Literal('malicious')])
const confidence = Type.Number({ minimum: 0, maximum: 1 })
const count = Type.Integer({ minimum: 0 })
const closed = { additionalProperties: false }

const Component = Type.Object(
  {
    purl: Type.String({ maxLength: componentLimits.purl, pattern: '^pkg:' }),
    ecosystem: short,
    name: short,
    version: short,
    path,
    licenses: Type.Array(short, { maxItems: componentLimits.licenses }),
    source: Type.Optional(Type.Object({ name: short, version: short }, closed)),
  },
  closed,
)

const Finding = Type.Object(
  {
    rule: Type.String({ pattern: '^[a-z]+/[a-z0-9-]+$', maxLength: 64 }),
    category: Type.Union((['malicious', 'suspicious', 'secret', 'model', 'archive'] as const).map((category) => Type.Literal(category))),
    severity: Type.Union((['info', 'low', 'moderate', 'high', 'critical'] as const).map((severity) => Type.Literal(severity))),
    confidence,
    path,
    line: Type.Optional(Type.Integer({ minimum: 1 })),
    message: Type.String({ maxLength: 300 }),
  },
  closed,
)

const End = Type.Object({ verdict: Type.Object({ level, confidence }, closed), filesSeen: count, bytesSeen: count }, closed)

const Line = Type.Union([
  Type.Object({ component: Component }, closed),
  Type.Object({ finding: Finding }, closed),
  Type.Object({ gap: Type.String({ maxLength: 1000 }) }, closed),
  Type.Object({ note: Type.String({ maxLength: 1000 }) }, closed),
  Type.Object({ end: End }, closed),
  Type.Object({ ready: Type.Object({ cpuMs: count }, closed) }, closed),
])
const checked = TypeCompiler.Compile(Line)

/** Reads what the child says as what it is: text of a process that read hostile bytes. Throws for the first line that does not fit. */
export class ReportReader {
  readonly #components: AnalysisReport['components'][number][] = []
  readonly #findings: AnalysisReport['findings'][number][] = []
  readonly #gaps: string[] = []
  readonly #notes: string[] = []
  #end: Static<typeof End> | undefined
  #isReady = false
  #rest = ''
  #bytes = 0
  /** Of the child since its start, by its own account; known with the report. */
  cpuMs = 0

  push(text: string): void {
    this.#bytes += text.length
    if (this.#bytes > reportLimits.bytes) throw new Error('the report is too large')
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    if (this.#rest.length > reportLimits.lineBytes) throw new Error('a line of the report is too long')
    for (const each of lines) this.#read(each)
  }

  /** Undefined when the last line never came. */
  report(): AnalysisReport | undefined {
    if (!this.#end || !this.#isReady || this.#rest !== '') return undefined
    return { ...this.#end, components: this.#components, findings: this.#findings, gaps: this.#gaps, notes: this.#notes }
  }

  #read(text: string): void {
    // Only an escape brings in what Postgres does not keep: the pipe is read as UTF-8.
    const value: unknown = JSON.parse(text, text.includes('\\u') ? refuseUnstorable : undefined)
    if (!checked.Check(value) || this.#isReady || 'ready' in value !== (this.#end !== undefined))
      throw new Error('a line of the report is none')
    if ('ready' in value) {
      this.#isReady = true
      this.cpuMs = value.ready.cpuMs
    } else if ('component' in value) add(this.#components, value.component, reportLimits.components)
    else if ('finding' in value) add(this.#findings, value.finding, reportLimits.findings)
    else if ('gap' in value) add(this.#gaps, value.gap, reportLimits.gaps)
    else if ('note' in value) add(this.#notes, value.note, reportLimits.notes)
    else this.#end = value.end
  }
}

function refuseUnstorable(_key: string, value: unknown): unknown {
  if (typeof value === 'string' && !isStorable(value)) throw new Error('a line of the report has text that cannot be kept')
  return value
}

function add<T>(list: T[], value: T, limit: number): void {
  if (list.length >= limit) throw new Error('the report has too many lines')
  list.push(value)
}
