import { readCode } from '../javascript/read-code.ts'
import { readText } from '../javascript/read-text.ts'
import { type CodeSighting, codeSightings } from './code-rules.ts'
import { CodeView } from './code-view.ts'
import { startedBy } from './install-commands.ts'
import { installSightings, scriptSightings } from './install-rules.ts'
import { pythonSightings } from './python-rules.ts'
import { textSightings } from './text-rules.ts'

export type Language = 'javascript' | 'python' | 'shell'

/** What is remembered of a file once its text is gone. */
export interface ReadFile {
  readonly always: readonly CodeSighting[]
  readonly atInstall: readonly CodeSighting[]
  /** Relative paths it asks for. */
  readonly uses: readonly string[]
}

/** A parser's tree is some fifty times its text. */
const maxParsedChars = 1_500_000

export function languageOf(path: string, head: Buffer): Language | undefined {
  if (/\.d\.[cm]?ts$/.test(path)) return undefined
  if (/\.(?:[cm]?jsx?|[cm]?tsx?)$/i.test(path)) return 'javascript'
  if (/\.pyw?$/i.test(path)) return 'python'
  if (/\.(?:sh|bash|zsh|ps1|bat|cmd)$/i.test(path)) return 'shell'
  const shebang = /^#![^\n]{0,100}\b(node|bun|deno|python|(?:ba|z|da)?sh)/.exec(head.toString('latin1', 0, 128))?.[1]
  if (shebang === undefined) return undefined
  return shebang === 'python' ? 'python' : shebang.endsWith('sh') ? 'shell' : 'javascript'
}

export function readFile(path: string, text: string, language: Language): ReadFile {
  if (language === 'python') return { always: [...pythonSightings(path, text), ...textSightings(text)], atInstall: [], uses: [] }
  if (language === 'shell') return readShell(text)
  const view = new CodeView(text.length > maxParsedChars ? readText(text) : readCode(text))
  return {
    always: [...codeSightings(view), ...textSightings(text)],
    atInstall: installSightings(view),
    uses: relativeUses(view),
  }
}

/** A file without a known ending that a command starts: by Node, a shell or Python, so it is looked at as all three. */
export function readStarted(path: string, text: string): ReadFile {
  const code = readFile(path, text, 'javascript')
  const python = readFile(path, text, 'python')
  return { ...code, always: [...code.always, ...python.always], atInstall: [...code.atInstall, ...scriptSightings(text)] }
}

function readShell(text: string): ReadFile {
  const atInstall = scriptSightings(text)
  return { always: atInstall.filter(({ rule }) => rule === 'code/reverse-shell'), atInstall, uses: [] }
}

function relativeUses(view: CodeView): string[] {
  const asked = view
    .of('uses')
    .map(({ detail }) => detail)
    .filter((detail) => detail.startsWith('.'))
  const named = view.of('spawns').flatMap(({ detail }) => startedBy(detail).files)
  const started = view.of('spawns').flatMap(({ detail }) => detail.match(/[\w./-]+\.(?:[cm]?js|sh|py|bat|cmd|ps1)\b/g) ?? [])
  return [...new Set([...asked, ...started, ...named])].slice(0, 500)
}
