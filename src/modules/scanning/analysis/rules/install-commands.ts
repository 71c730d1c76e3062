/** What a script of package.json starts: files of the package, and code in the line itself. */
export interface StartedBy {
  readonly files: readonly string[]
  readonly code: readonly string[]
}

const runners =
  /(?:^|[\s;&|(])(?:node|nodejs|bun|deno|tsx|ts-node|python3?|(?:ba|z|da)?sh|source|powershell(?:\.exe)?|pwsh|cmd(?:\.exe)?\s+\/c)((?:\s+-{1,2}[\w-]+(?:=\S+)?)*)\s+("[^"]*"|'[^']*'|[^\s;&|]+)/g
const direct = /(?:^|[\s;&|(])(\.{1,2}\/[^\s;&|"']+|[\w./-]+\.(?:sh|bat|cmd|ps1|exe|js|cjs|mjs))(?=$|[\s;&|])/g
const inline = /\s(?:-e|--eval|-p|--print|-pe|-c)$/
const unquoted = (text: string): string => text.replace(/^(["'])([\s\S]*)\1$/, '$2')

export function startedBy(command: string): StartedBy {
  const files: string[] = []
  const code: string[] = []
  // Scripts in JSON quote with \" inside; a shell takes the backslash away.
  const line = command.slice(0, 20_000)
  for (const match of line.matchAll(/(?:^|[\s;&|(])(?:node|nodejs|bun)\s+(?:-e|--eval|-p|-pe|--print)\s+("(?:\\.|[^"\\])*"|'[^']*')/g)) {
    code.push(unquoted(match[1] ?? '').replaceAll('\\"', '"'))
  }
  for (const match of line.matchAll(runners)) if (!inline.test(match[1] ?? '')) files.push(unquoted(match[2] ?? ''))
  for (const match of line.matchAll(direct)) files.push(match[1] ?? '')
  return { files: [...new Set(files)], code }
}

export interface NamedCommand {
  readonly where: string
  readonly command: string
}

const maxScriptDepth = 5
const maxCommands = 200
const runsByName = new Set(['run', 'run-script', 'rum', 'urn'])
const ownNames = new Set(['test', 'tst', 't', 'start', 'stop', 'restart'])

/** These commands and the scripts that they have npm, Yarn, pnpm or Bun run, with what comes before and after each by its name. */
export function followedScripts(commands: readonly NamedCommand[], scripts: ReadonlyMap<string, string>): NamedCommand[] {
  const all = [...commands]
  const seen = new Set(commands.map(({ where }) => where))
  let round: readonly NamedCommand[] = commands
  for (let depth = 0; depth < maxScriptDepth && round.length > 0 && all.length < maxCommands; depth += 1) {
    const names = round.flatMap(({ command }) => scriptsRunBy(command))
    const next = names.flatMap((name) =>
      [`pre${name}`, name, `post${name}`].flatMap((each) => {
        const [where, command] = [`scripts.${each}`, scripts.get(each)]
        if (command === undefined || seen.has(where)) return []
        seen.add(where)
        return [{ where, command }]
      }),
    )
    all.push(...next)
    round = next
  }
  return all.slice(0, maxCommands)
}

/** Words that may be names of scripts; a word too many does no harm, since only scripts that exist are followed. */
function scriptsRunBy(command: string): string[] {
  const parts = command.slice(0, 20_000).split(/[;&|()\n]+/)
  return parts.flatMap((part) => {
    const words = wordsOf(part)
    const at = words.findIndex((word) => runner.test(word))
    if (at < 0)
      return words.flatMap((word, index) => (word === '--run' ? (words[index + 1] ?? []) : word.startsWith('--run=') ? word.slice(6) : []))
    const rest = words.slice(at + 1).filter((word) => !word.startsWith('-'))
    if (!/npm$|npm_execpath|npm-cli\.js$/.test(words[at] ?? '') || (words[at] ?? '').endsWith('pnpm')) return rest
    const run = rest.findIndex((word) => runsByName.has(word))
    return run < 0 ? rest.filter((word) => ownNames.has(word)).map((word) => (word.startsWith('t') ? 'test' : word)) : rest.slice(run + 1)
  })
}

const runner = /^(?:.*[\\/])?(?:npm|yarn|yarnpkg|pnpm|bun|npm-run-all|run-s|run-p|npm-cli\.js)$|npm_execpath/

/** The words of a command, quoted or not: one that is the name of a file may be started in a way nobody listed. */
export const wordsOf = (command: string): string[] =>
  command
    .slice(0, 20_000)
    .split(/[\s"'`;&|()<>,]+/)
    .filter((word) => word !== '')

/** Commands of binding.gyp that run while it is read: `<!(…)`. */
export const gypCommands = (text: string): string[] =>
  [...text.matchAll(/<!@?\(([^)]{1,2000})\)/g)].map((match) => match[1] ?? '').slice(0, 50)
