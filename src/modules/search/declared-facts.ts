import { isVersionRange } from '../../shared/types/version.ts'
import { cut, textOf } from './shown-text.ts'

type About = Readonly<Record<string, unknown>>

const maxKeywords = 50
const maxCapabilities = 200
const maxLanguages = 20
const maxLicenses = 20
const maxWord = 100

const isRecord = (value: unknown): value is About => typeof value === 'object' && value !== null && !Array.isArray(value)
const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])

function distinct(values: readonly unknown[], most: number): readonly string[] {
  const texts = values.map(textOf).filter((text) => text !== null)
  return [...new Set(texts.map((text) => cut(text, maxWord)))].slice(0, most)
}

const lower = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value)

/** A list, or a text with commas as older packages have it; in lower case. */
export const keywordsOf = (value: unknown): readonly string[] =>
  distinct((typeof value === 'string' ? value.split(',') : listed(value)).map(lower), maxKeywords)

/** `capabilities` of the manifest and of its `config`. */
export const capabilitiesOf = (about: About | null): readonly string[] => {
  const config = about?.['config']
  return distinct([...listed(about?.['capabilities']), ...listed(isRecord(config) ? config['capabilities'] : undefined)], maxCapabilities)
}

/** What the manifest names (`language`, `languages`, `config.language`), in lower case; else what the type or the runtime implies. */
export function languagesOf(about: About | null, { format, type }: { readonly format: string; readonly type: string }): readonly string[] {
  const config = isRecord(about?.['config']) ? about['config'] : {}
  const named = [about?.['language'], ...listed(about?.['languages']), config['language']].map(lower)
  const declared = distinct(named, maxLanguages)
  if (declared.length > 0) return declared
  const isScript = format === 'npm' || type === 'module-node' || config['runtime'] === 'js' || config['runtime'] === 'node'
  if (type === 'module-wasm' || config['runtime'] === 'wasm') return ['webassembly']
  if (!isScript) return []
  const isTyped = format === 'npm' && (about?.['types'] === true || about?.['typings'] === true)
  return isTyped ? ['javascript', 'typescript'] : ['javascript']
}

/** The range of versions of the framework, where it is one. */
export function gatiVersionOf(about: About | null): string | null {
  const range = textOf(about?.['gatiVersion'])
  return range !== null && isVersionRange(range) ? range : null
}

const usual = [
  ...[
    '0BSD',
    'AGPL-3.0',
    'AGPL-3.0-only',
    'AGPL-3.0-or-later',
    'Apache-2.0',
    'Artistic-2.0',
    'BSD-2-Clause',
    'BSD-3-Clause',
    'BSL-1.0',
    'CC-BY-4.0',
  ],
  ...[
    'CC0-1.0',
    'EPL-2.0',
    'GPL-2.0',
    'GPL-2.0-only',
    'GPL-2.0-or-later',
    'GPL-3.0',
    'GPL-3.0-only',
    'GPL-3.0-or-later',
    'ISC',
    'LGPL-2.1',
    'LGPL-3.0',
  ],
  ...['MIT', 'MIT-0', 'MPL-2.0', 'Unlicense', 'WTFPL', 'Zlib', 'UNLICENSED'],
]
const spelledBy = new Map(usual.map((identifier) => [identifier.toLowerCase(), identifier]))

/** One spelling of each identifier: the usual one, else lower case. */
export const licenseId = (text: string): string => spelledBy.get(text.toLowerCase()) ?? text.toLowerCase()

/**
 * The identifiers in an SPDX expression, each once: `(MIT OR Apache-2.0)` has two. What is no expression (a sentence, `SEE LICENSE IN …`) is
 * `other`.
 */
export function licensesOf(license: string | null): readonly string[] {
  if (license === null) return []
  const words = license
    .replace(/[()]/g, ' ')
    .trim()
    .split(/\s+(?:or|and)\s+/i)
  const identifiers = words.map((word) => /^([a-z0-9][a-z0-9.+-]*)(?:\s+with\s+[a-z0-9.+-]+)?$/i.exec(word.trim())?.[1])
  if (identifiers.some((identifier) => identifier === undefined)) return ['other']
  return distinct(
    identifiers.map((identifier) => licenseId(identifier ?? '')),
    maxLicenses,
  )
}
