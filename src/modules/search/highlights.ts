import type { Highlight, SearchHit } from './contract.ts'

/** Around what matches; private use characters, which are taken out of every text before. */
export const opening = '\u{E000}'
export const closing = '\u{E001}'

/** What Postgres marked in each field; null where it found nothing to mark. */
export interface MarkedTexts {
  readonly name: string
  readonly description: string | null
  readonly keywords: string
}

/** Fields in which something matches, with the places of the matches instead of the marks. */
export function highlightsOf(marked: MarkedTexts): readonly Highlight[] {
  const fields = ['name', 'description', 'keywords'] as const
  return fields.flatMap((field) => {
    const highlight = placed(field, marked[field] ?? '')
    return highlight.ranges.length > 0 ? [highlight] : []
  })
}

function placed(field: Highlight['field'], marked: string): Highlight {
  const ranges: [number, number][] = []
  let text = ''
  let start = 0
  for (const part of marked.split(/([\u{E000}\u{E001}])/u)) {
    if (part === opening) start = text.length
    else if (part === closing) ranges.push([start, text.length])
    else text += part
  }
  return { field, text, ranges }
}

export type Highlighted = Pick<SearchHit, 'artifactId'> & MarkedTexts
