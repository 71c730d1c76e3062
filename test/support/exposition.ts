export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Exposition {
  /** By the name of the metric: `counter`, `gauge`, `histogram`. */
  readonly types: ReadonlyMap<string, string>
  readonly helps: ReadonlyMap<string, string>
  readonly samples: readonly Sample[]
}

const sampleForm = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/
const labelForm = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g

/** The text format of Prometheus; throws for a line that is none. */
export function readExposition(text: string): Exposition {
  const types = new Map<string, string>()
  const helps = new Map<string, string>()
  const samples: Sample[] = []
  for (const line of text.split('\n')) {
    const [, about, name = '', rest = ''] = /^# (TYPE|HELP) (\S+) (.*)$/.exec(line) ?? []
    if (about === 'TYPE') types.set(name, rest)
    else if (about === 'HELP') helps.set(name, rest)
    else if (line !== '') samples.push(sampleOf(line))
  }
  return { types, helps, samples }
}

function sampleOf(line: string): Sample {
  const [, name, labels = '', value] = sampleForm.exec(line) ?? []
  if (name === undefined) throw new Error(`no sample: ${line}`)
  return { name, labels: Object.fromEntries([...labels.matchAll(labelForm)].map(([, key, text]) => [key, text])), value: Number(value) }
}
