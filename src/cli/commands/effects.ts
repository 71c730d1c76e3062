import type { Command } from 'commander'
import { type Environment, withContext } from '../context.ts'

interface EffectList {
  readonly effects: readonly { readonly name: string; readonly waiting: number; readonly dead: number }[]
  readonly deadLetters: readonly {
    readonly id: string
    readonly effect: string
    readonly attempts: number
    readonly error: string
    readonly failedAt: string
  }[]
}

/** effect: background work, seen by administrators. */
export function effectCommands(program: Command, environment: Environment): void {
  const effect = program.command('effect').description('background work (administrators)')
  effect
    .command('list')
    .description('what waits, and how much of it failed for good')
    .action(
      withContext(environment, async ({ client, output }) => {
        const { effects } = await client.json<EffectList>('/v1/admin/effects')
        output.list(effects, ['name', 'waiting', 'dead'])
      }),
    )
  effect
    .command('dead')
    .description('work that failed for good, newest first')
    .action(
      withContext(environment, async ({ client, output }) => {
        const { deadLetters } = await client.json<EffectList>('/v1/admin/effects')
        output.list(deadLetters, ['id', 'effect', 'attempts', 'failedAt', 'error'])
      }),
    )
  effect
    .command('retry <id>')
    .description('run a dead letter again, from its first attempt')
    .action(
      withContext<[string]>(environment, async ({ client, output, args: [id] }) =>
        output.result(await client.json(`/v1/admin/effects/${encodeURIComponent(id)}/retry`, { method: 'POST' }), `retrying ${id}`),
      ),
    )
}
