#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { accountCommands } from './commands/accounts.ts'
import { artifactCommands } from './commands/artifacts.ts'
import { maintenanceCommands } from './commands/maintenance.ts'
import { moduleCommands } from './commands/modules.ts'
import { namespaceCommands } from './commands/namespaces.ts'
import { serverCommands } from './commands/server.ts'
import { sessionCommands } from './commands/session.ts'
import { transferCommands } from './commands/transfer.ts'
import { Failure } from './failure.ts'

const groups = [serverCommands, sessionCommands, transferCommands, artifactCommands, namespaceCommands, accountCommands, maintenanceCommands, moduleCommands]

export function createProgram(environment: Readonly<Record<string, string | undefined>>): Command {
  const program = new Command('gati-registry')
    .description('One registry for everything a team ships')
    .option('--registry <url>', 'registry to talk to (or GATI_REGISTRY_URL; default: the last login)')
    .option('--token <token>', 'API token (or GATI_REGISTRY_TOKEN; default: the stored credential)')
    .option('--json', 'one JSON document on stdout')
    .option('--quiet', 'no progress and no notes')
    .showHelpAfterError()
    .exitOverride()
  for (const add of groups) add(program, environment)
  for (const command of program.commands) command.exitOverride()
  return program
}

/** Resolves with the exit code: 0 ok, 1 failed, 2 called wrongly. */
export async function runCli(argv: readonly string[], environment: Readonly<Record<string, string | undefined>>): Promise<number> {
  try {
    await createProgram(environment).parseAsync(argv, { from: 'user' })
    return typeof process.exitCode === 'number' ? process.exitCode : 0
  } catch (error) {
    return report(error, argv.includes('--json'))
  }
}

function report(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  const message = error instanceof Error ? error.message : String(error)
  if (json) process.stdout.write(`${JSON.stringify({ error: message, ...(error instanceof Failure && { problem: error.problem }) })}\n`)
  else process.stderr.write(`gati-registry: ${message}\n`)
  return error instanceof Failure ? error.exitCode : 1
}

if (import.meta.main) process.exitCode = await runCli(process.argv.slice(2), process.env)
