import type { Command } from 'commander'
import { outputOf } from '../context.ts'
import { openTool } from '../open-tool.ts'

/** dev, start, worker, migrate: run the registry of this machine. */
export function serverCommands(program: Command): void {
  const config = ['--config <file>', 'registry.config file (default: the one in this folder)'] as const
  const run = (name: string, description: string, env: Record<string, string>) =>
    program
      .command(name)
      .description(description)
      .option(...config)
      .action(async (options: { config?: string }) => {
        const { runRegistry } = await import('../../app.ts')
        await runRegistry({ ...options, env })
      })
  run('dev', 'the whole registry in this process, for development', { REGISTRY_MODE: 'development' })
  run('start', 'the whole registry, or the role of REGISTRY_ROLE', {})
  run('worker', 'background work only; attaches to the database of the data directory', { REGISTRY_ROLE: 'worker', REGISTRY_PORT: '0' })
  program
    .command('migrate')
    .description('bring the database to this version and stop')
    .option(...config)
    .action(async (options: { config?: string }, command: Command) => {
      const kernel = await openTool(options)
      await kernel.stop('done')
      outputOf(command).result({ migrated: true }, 'the database is up to date')
    })
}
