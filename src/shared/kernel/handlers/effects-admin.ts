import { Type } from '@sinclair/typebox'
import { Transaction } from '../database.ts'
import { DeadLetterRetried, Effects } from '../effects.ts'
import { AdminRequired, DeadLetterNotFound } from '../errors.ts'
import { Events } from '../events.ts'
import { defineHandler } from '../handler.ts'
import type { Principal } from '../principal.ts'
import { isRegistryAdmin } from '../registry-admin.ts'

const requireAdmin = (principal: Principal): void => {
  if (!isRegistryAdmin(principal)) throw new AdminRequired()
}

const EffectList = Type.Object({
  effects: Type.Array(Type.Object({ name: Type.String(), waiting: Type.Integer(), dead: Type.Integer() })),
  deadLetters: Type.Array(
    Type.Object({
      id: Type.String({ format: 'uuid' }),
      effect: Type.String(),
      event: Type.String(),
      payload: Type.Unknown(),
      attempts: Type.Integer(),
      error: Type.String(),
      failedAt: Type.String({ format: 'date-time' }),
    }),
  ),
})

export const listEffects = defineHandler({
  method: 'GET',
  url: '/v1/admin/effects',
  auth: 'admin',
  summary: 'Background work: what waits, and the newest dead letters',
  tags: ['admin'],
  schema: {
    querystring: Type.Object({
      limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 100, description: 'Most dead letters to list.' }),
    }),
    response: { 200: EffectList },
  },
  deps: { effects: Effects },
  handle: async ({ principal, query }, { effects }) => {
    requireAdmin(principal)
    const [list, deadLetters] = await Promise.all([effects.status(), effects.deadLetters(query.limit)])
    return { effects: list, deadLetters }
  },
})

export const retryDeadLetter = defineHandler({
  method: 'POST',
  url: '/v1/admin/effects/:id/retry',
  auth: 'admin',
  summary: 'Run a dead letter again, from its first attempt',
  tags: ['admin'],
  schema: {
    params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
    response: { 202: Type.Object({ id: Type.String() }) },
  },
  deps: { effects: Effects, events: Events, transaction: Transaction },
  handle: async ({ principal, params }, { effects, events, transaction }, reply) => {
    requireAdmin(principal)
    await transaction.run(async () => {
      if (!(await effects.retry(params.id))) throw new DeadLetterNotFound()
      await events.emit(DeadLetterRetried, { id: params.id })
    })
    reply.code(202)
    return { id: params.id }
  },
})
