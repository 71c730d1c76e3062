import type { Command } from 'commander'
import { openRegistry, runRegistry } from '../../app.ts'
import type { Environment } from '../context.ts'

/** dev, start, worker, migrate: run the registry of this machine. */
export function serverCommands(program: Command, _environment: Environment): void {
  const config = ['--config <file>', 'registry.config file (default: the one in this folder)'] as const
  const run = (name: string, description: string, env: Record<string, string>) =>
    program
      .command(name)
      .description(description)
      .option(...config)
      .action((options: { config?: string }) => runRegistry({ ...options, env }))
  run('dev', 'the whole registry in this process, for development', { REGISTRY_MODE: 'development' })
  run('start', 'the whole registry, or the role of REGISTRY_ROLE', {})
  run('worker', 'background work only; attaches to the database of the data directory', { REGISTRY_ROLE: 'worker', REGISTRY_PORT: '0' })
  program
    .command('migrate')
    .description('bring the database to this version and stop')
    .option(...config)
    .action(async (options: { config?: string }) => {
      const registry = await openRegistry({ ...options, env: { REGISTRY_ROLE: 'api', REGISTRY_LOG_LEVEL: 'warn' } })
      await registry.stop('done')
      process.stdout.write('the database is up to date\n')
    })
}
