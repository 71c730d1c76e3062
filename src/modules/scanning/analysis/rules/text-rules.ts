import { lineAt, lineStarts } from '../javascript/read-text.ts'
import type { RuleId } from './catalogue.ts'
import type { CodeSighting } from './code-rules.ts'

const patterns: readonly (readonly [RuleId, RegExp, string])[] = [
  [
    'code/invisible-characters',
    /[\u{fe00}-\u{fe0f}\u{e0100}-\u{e01ef}]{16,}|[\u{200b}-\u{200d}\u{2060}\u{feff}\u{3164}\u{ffa0}]{24,}/u,
    'a long run of characters that nobody sees',
  ],
  [
    'code/hidden-by-whitespace',
    /\S[^\n\S]{200,}[^\n]{0,40}\b(?:require|eval|Function|import|global|globalThis|atob|process|fetch|_0x[0-9a-f]+|_\$_[0-9a-f]+)\b[^\n]*[([]/,
    'code far to the right of what a reader sees',
  ],
  ['code/obfuscated-part', /[[\]()!+]{1500}/, 'code written in six characters'],
  ['code/obfuscated', /eval\(function\(p,\s*a,\s*c,\s*k,\s*e,\s*[dr]\)/, 'code packed to be evaluated'],
]

/** What only the text shows, before any grammar is asked. */
export function textSightings(text: string): readonly CodeSighting[] {
  const found: CodeSighting[] = []
  for (const [rule, pattern, message] of patterns) {
    const match = pattern.exec(text)
    if (match) found.push({ rule, line: lineAt(lineStarts(text), match.index), message })
  }
  return found
}
