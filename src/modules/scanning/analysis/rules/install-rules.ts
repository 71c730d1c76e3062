import type { RuleId } from './catalogue.ts'
import type { CodeSighting } from './code-rules.ts'
import type { CodeView } from './code-view.ts'
import { dropHosts, fetchAndRun, fetchesByCommand, rawAddress, reverseShell, sendsByCommand } from './patterns.ts'

const at = (rule: RuleId, line: number, message: string): CodeSighting => ({ rule, line, message })

const obfuscatedFrom = 30

/** What more is to be said of a file that runs when the package is installed. */
export function installSightings(view: CodeView): readonly CodeSighting[] {
  const sends = view.sends
  const spawns = view.of('spawns')
  const found: CodeSighting[] = []
  const fetched = spawns.find(({ detail }) => fetchAndRun.test(detail)) ?? view.near(view.strings(fetchAndRun), spawns)
  if (fetched) found.push(at('npm/install-script-downloads', fetched.line, 'fetches something and runs it while it is installed'))
  const leak = leaking(view)
  if (leak) found.push(at('npm/install-script-sends', leak.line, 'sends what it read of the machine while it is installed'))
  const [hidden] = view.of('spawns hidden')
  if (hidden) found.push(at('npm/install-script-hides', hidden.line, 'leaves a hidden process behind when it is installed'))
  if (view.code.hexNames >= obfuscatedFrom) found.push(at('npm/install-script-hides', 1, 'is obfuscated, and runs when it is installed'))
  const [evaluates] = view.of('evaluates', 'evaluates decoded', 'compiles')
  if (evaluates) found.push(at('npm/install-script-evaluates', evaluates.line, 'runs text as code while it is installed'))
  if (found.length > 0) return found
  // One of the two: installers of binaries that were built elsewhere do both, and are many.
  if (sends[0]) found.push(at('npm/install-script-fetches', sends[0].line, 'makes requests while it is installed'))
  else if (spawns[0]) found.push(at('npm/install-script-spawns', spawns[0].line, 'starts programs while it is installed'))
  return found
}

function leaking(view: CodeView): { readonly line: number } | undefined {
  const command = view.of('spawns').find(({ detail }) => sendsByCommand.test(detail))
  const { kinds, line } = view.credentialsNear(view.sends)
  const personal = view.of('identity', 'serialises environment')
  const drops = [...view.strings(dropHosts), ...view.strings(rawAddress)]
  const files = kinds.length > 0 && view.of('reads files').length > 0 ? { line } : undefined
  return command ?? view.near(personal, view.sends) ?? files ?? view.near(drops, [...view.of('spawns'), ...view.sends])
}

/** A script of several lines: what one line fetches another may start. */
export function scriptSightings(text: string): readonly CodeSighting[] {
  const lines = text.split('\n').slice(0, 5000)
  const found = lines.flatMap((line, index) => commandSightings(line.slice(0, 2000), index + 1))
  const fetched = lines.findIndex((line) => fetchesByCommand.test(line) || certainlyFetches.test(line))
  const runs = lines.slice(fetched + 1).some((line) => startsFile.test(line))
  if (fetched >= 0 && runs) found.push(at('npm/install-script-downloads', fetched + 1, 'a script that fetches something and runs it'))
  return found
}

const certainlyFetches = /certutil[^\n]{0,60}-urlcache|bitsadmin\s+\/transfer/i
const startsFile = /\bchmod\s+(?:\+x|[0-7]*7[0-7]*)\s|^\s*(?:nohup\s+)?\.\/[\w.-]+|\b(?:regsvr32|rundll32|start\s+\/b)\b/i

/** A line of a shell: a script of package.json, or of a file that one starts. */
export function commandSightings(command: string, line = 1): readonly CodeSighting[] {
  if (reverseShell.test(command)) return [at('code/reverse-shell', line, 'a command that opens a shell to elsewhere')]
  if (fetchAndRun.test(command)) return [at('npm/install-script-downloads', line, 'a command that fetches something and runs it')]
  if (sendsByCommand.test(command)) return [at('npm/install-script-sends', line, 'a command that sends what it read of the machine')]
  return fetchesByCommand.test(command) ? [at('npm/install-script-fetches', line, 'a command that fetches something')] : []
}
