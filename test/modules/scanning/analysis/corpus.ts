import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AnalysisKind } from '../../../../src/modules/scanning/analysis/analysis-input.ts'

export interface CorpusCase {
  readonly id: string
  readonly kind: AnalysisKind
  readonly name: string
  readonly version: string
  readonly files: readonly { readonly name: string; readonly content: Buffer }[]
}

const folder = join(import.meta.dirname, '../corpus')

/** Text that would be a nuisance in a file, made here. */
const made: Readonly<Record<string, () => string>> = {
  '@@NUL@@': () => '\0',
  '@@JSFUCK@@': () => `${'[][(![]+[])[+[]]+(![]+[])[!+[]+!+[]]]'.repeat(60)}()`,
  '@@UNSEEN@@': () =>
    [...Buffer.from('console.log("inert, but run without being seen")')]
      .map((byte) => String.fromCodePoint(byte < 16 ? 0xfe00 + byte : 0xe0100 + byte - 16))
      .join(''),
  '@@PAYLOAD@@': () => Buffer.from('an inert payload '.repeat(60)).toString('base64'),
}

/** `≡≡≡≡ id | kind | name | version | story`, then files: `≡≡≡ path`, or `≡≡≡ path (hex)`; a path with a leading `/` is beside the package. */
export function writtenCases(fileName: string): CorpusCase[] {
  const text = readFileSync(join(folder, fileName), 'utf8')
  return text
    .split(/^≡≡≡≡ /m)
    .slice(1)
    .map((part) => {
      const [head = '', ...rest] = part.split('\n')
      const [id = '', kind = '', name = '', version = ''] = head.split(' | ')
      return { id, kind: kind as AnalysisKind, name, version, files: filesIn(rest.join('\n'), kind === 'npm' ? 'package/' : '') }
    })
}

/** Real published packages, cut down to the files that matter. */
export function publishedCases(): CorpusCase[] {
  return readdirSync(join(folder, 'benign-real')).map((fileName) => {
    const files = filesIn(readFileSync(join(folder, 'benign-real', fileName), 'utf8'), 'package/')
    const { name, version } = JSON.parse(String(files.find((file) => file.name === 'package/package.json')?.content)) as CorpusCase
    return { id: name, kind: 'npm', name, version, files }
  })
}

function filesIn(text: string, prefix: string): CorpusCase['files'] {
  return text
    .split(/^≡≡≡ /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n')
      const [, path = '', isHex] = /^(.*?)( \(hex\))?$/.exec(part.slice(0, end)) ?? []
      const body = Object.entries(made).reduce((all, [mark, make]) => all.replaceAll(mark, make), part.slice(end + 1))
      return {
        name: path.startsWith('/') ? path.slice(1) : prefix + path,
        content: isHex ? Buffer.from(body.trim(), 'hex') : Buffer.from(body),
      }
    })
}
