import type { CodeFacts, Fact, FactKind, KnownString } from './facts.ts'

/** For code no parser reads (TypeScript, JSX, broken on purpose) and for other languages: the same facts, by patterns. */
const patterns: readonly (readonly [FactKind, RegExp])[] = [
  ['uses', /(?:require|import)\s*\(\s*['"`](?:node:)?([\w./@-]+)['"`]\s*\)|from\s+['"](?:node:)?([\w./@-]+)['"]/g],
  ['sends', /\b(?:https?\.(?:request|get)|fetch|axios(?:\.\w+)?|new (?:XMLHttpRequest|WebSocket))\s*\(([^\n]{0,200})/g],
  ['connects', /\bnet\.(?:connect|createConnection|Socket)\s*\(([^\n]{0,100})/g],
  ['spawns', /\b(?:exec|execSync|spawn|spawnSync|execFile|execFileSync)\s*\(([^\n]{0,200})/g],
  ['evaluates decoded', /\b(?:eval|Function)\s*\([^\n]{0,80}(?:atob|Buffer\.from|fromCharCode|unescape)\s*\(/g],
  ['evaluates', /\b(?:eval|new Function)\s*\(\s*[\w$]/g],
  ['compiles', /\._compile\s*\(/g],
  ['serialises environment', /JSON\.stringify\s*\(\s*process\.env\s*[,)]/g],
  ['identity', /\bos\.(?:hostname|userInfo|networkInterfaces)\s*\(/g],
  ['reads files', /\breadFile(?:Sync)?\s*\(([^\n]{0,200})/g],
  ['writes files', /\bwriteFile(?:Sync)?\s*\(([^\n]{0,200})/g],
]
const stringPattern = /(['"`])((?:\\.|(?!\1)[^\\\n]){3,4000})\1/g
const maxMatches = 2000

export function readText(text: string): CodeFacts {
  const lines = lineStarts(text)
  const facts: Fact[] = []
  for (const [kind, pattern] of patterns) {
    for (const match of bounded(text.matchAll(pattern))) {
      facts.push({ kind, line: lineAt(lines, match.index), at: match.index, detail: match[1] ?? match[2] ?? '' })
    }
  }
  const strings: KnownString[] = []
  for (const match of bounded(text.matchAll(stringPattern))) {
    strings.push({ value: match[2] ?? '', isHidden: false, line: lineAt(lines, match.index), at: match.index })
  }
  const hexNames = text.match(/\b_0x[0-9a-f]{2,}\b/g)?.length ?? 0
  return { facts, strings, hexNames, names: text.match(/\b[a-z_$][\w$]*\b/gi)?.length ?? 0, lengthInChars: text.length }
}

function* bounded<T>(matches: Iterable<T>): Generator<T, void, undefined> {
  let count = 0
  for (const match of matches) {
    if (count >= maxMatches) return
    count += 1
    yield match
  }
}

export function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

export function lineAt(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length
  while (low + 1 < high) {
    const middle = (low + high) >>> 1
    if ((starts[middle] ?? 0) <= offset) low = middle
    else high = middle
  }
  return low + 1
}
