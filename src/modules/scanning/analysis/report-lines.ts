import type { AnalysisReport, Component } from '../analysis.contract.ts'
import { isStorable, storableCut } from '../storable-text.ts'

// What the child says. It compiles no schemas, which took it a quarter of its start: the parent checks every line (`report-reader.ts`).

export const componentLimits = { text: 512, purl: 2048, path: 5000, licenses: 64 }
export const reportLimits = { components: 100_000, findings: 2000, gaps: 200, notes: 200, lineBytes: 32_768, bytes: 33_554_432 }

/** One line for each thing found: the parent parses them one by one and never a large document at once. */
export function* reportLines({ components, findings, gaps, notes, ...end }: AnalysisReport): Generator<string, void, undefined> {
  const said = [...gaps]
  const noted = [...notes]
  if (components.length > reportLimits.components)
    said.unshift(`${components.length - reportLimits.components} further components left out`)
  if (findings.length > reportLimits.findings) noted.unshift(`${findings.length - reportLimits.findings} further findings left out`)
  let leftOut = 0
  for (const component of components.slice(0, reportLimits.components)) {
    if (isPossible(component)) yield line({ component })
    else leftOut += 1
  }
  if (leftOut > 0) noted.unshift(`${leftOut} components with impossible names left out`)
  for (const finding of findings.slice(0, reportLimits.findings)) yield line({ finding })
  const further = said.length - reportLimits.gaps
  if (further > 0) said.splice(0, further + 1, `${further + 1} further gaps left out`)
  for (const gap of said) yield line({ gap: storableCut(gap, 1000) })
  for (const note of noted.slice(0, reportLimits.notes)) yield line({ note: storableCut(note, 1000) })
  yield line({ end })
}

/** Behind a report: the child has tidied up and could take another task; what it used of the processor so far. */
export const readyLine = (cpuMs: number): string => line({ ready: { cpuMs } })

const line = (value: object): string => `${JSON.stringify(value)}\n`

const isText = (value: unknown, maxLength = componentLimits.text): boolean =>
  typeof value === 'string' && value.length <= maxLength && isStorable(value)

/** Whether the parent would take it; one that it would not take would cost the whole report. */
const isPossible = ({ purl, ecosystem, name, version, path, licenses, source }: Component): boolean =>
  isText(purl, componentLimits.purl) &&
  purl.startsWith('pkg:') &&
  isText(path, componentLimits.path) &&
  licenses.length <= componentLimits.licenses &&
  [ecosystem, name, version, ...licenses].every((value) => isText(value)) &&
  (source === undefined || (isText(source.name) && isText(source.version)))
