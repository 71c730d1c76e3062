import { Command, CommanderError } from 'commander'
import { version } from '../shared/kernel/version.ts'
import { accountCommands } from './commands/accounts.ts'
import { advisoryCommands } from './commands/advisories.ts'
import { artifactCommands } from './commands/artifacts.ts'
import { effectCommands } from './commands/effects.ts'
import { importCommands } from './commands/import.ts'
import { maintenanceCommands } from './commands/maintenance.ts'
import { moduleCommands } from './commands/modules.ts'
import { namespaceCommands } from './commands/namespaces.ts'
import { organizationCommands } from './commands/organizations.ts'
import { searchCommand } from './commands/search.ts'
import { serverCommands } from './commands/server.ts'
import { sessionCommands } from './commands/session.ts'
import { transferCommands } from './commands/transfer.ts'
import { verifyCommands } from './commands/verify.ts'
import { versionCommands } from './commands/versions.ts'
import type { Environment } from './context.ts'
import { Failure } from './failure.ts'

const groups = [
  ...[
    serverCommands,
    sessionCommands,
    transferCommands,
    searchCommand,
    artifactCommands,
    versionCommands,
    verifyCommands,
    namespaceCommands,
  ],
  ...[accountCommands, organizationCommands, effectCommands, maintenanceCommands, advisoryCommands, importCommands, moduleCommands],
]

/** Every command. With `json` commander keeps its own texts to itself. */
export function createProgram(environment: Environment, json = false): Command {
  const program = new Command('gati-registry')
    .description('One registry for everything a team ships')
    .version(version)
    .option('--registry <url>', 'registry to talk to (or GATI_REGISTRY_URL; default: the last login)')
    .option('--token <token>', 'API token (or GATI_REGISTRY_TOKEN; default: the stored credential)')
    .option('--json', 'one JSON document on stdout')
    .option('--quiet', 'no progress and no notes')
    .exitOverride()
  // Sub-commands inherit these when they are added.
  if (json) program.configureOutput({ writeErr: () => {} })
  else program.showHelpAfterError('(add --help for how to call it)')
  for (const add of groups) add(program, environment)
  return program
}

/** Resolves with the exit code: 0 ok, 1 failed, 2 called wrongly; `fsck` counts errors. A server goes on after it. */
export async function runCli(argv: readonly string[], environment: Environment): Promise<number> {
  const json = argv.includes('--json')
  try {
    await createProgram(environment, json).parseAsync(argv, { from: 'user' })
    return typeof process.exitCode === 'number' ? process.exitCode : 0
  } catch (error) {
    return report(error, json)
  }
}

function report(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) return reportUsage(error, json)
  const message = error instanceof Error ? error.message : String(error)
  const { exitCode, problem } = error instanceof Failure ? error : { exitCode: 1, problem: undefined }
  if (json) writeError(message, problem)
  else process.stderr.write(`gati-registry: ${message}\n`)
  return exitCode
}

/** Commander has written its text already; asking for help or the version is no mistake. */
function reportUsage({ exitCode, message }: CommanderError, json: boolean): number {
  if (exitCode === 0) return 0
  if (json) writeError(message === '(outputHelp)' ? 'name a command' : message.replace(/^error: /, ''))
  return 2
}

const writeError = (error: string, problem?: unknown): void =>
  void process.stdout.write(`${JSON.stringify({ error, ...(problem !== undefined && { problem }) })}\n`)
