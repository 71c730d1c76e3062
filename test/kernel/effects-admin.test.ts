import Fastify, { type FastifyInstance } from 'fastify'
import { expect, test } from 'vitest'
import { Transaction } from '../../src/shared/kernel/database.ts'
import { Effects } from '../../src/shared/kernel/effects.ts'
import { Events } from '../../src/shared/kernel/events.ts'
import { listEffects, retryDeadLetter } from '../../src/shared/kernel/handlers/effects-admin.ts'
import type { Principal } from '../../src/shared/kernel/principal.ts'
import type { Service } from '../../src/shared/kernel/service.ts'

const id = '019a0000-0000-7000-8000-000000000000'
const letter = {
  id,
  effect: 'mail.send',
  event: 'auth.joined',
  payload: { userId: 'u' },
  attempts: 5,
  error: 'Error: no',
  failedAt: '2026-11-21T00:00:00Z',
}

function serve(isAdmin: boolean, limits: Partial<Principal> = {}, emitted: unknown[] = []): FastifyInstance {
  const effects: Effects = {
    request: async () => undefined,
    status: async () => [{ name: 'mail.send', waiting: 2, dead: 1 }],
    deadLetters: async (limit) => [letter].slice(0, limit),
    retry: async (wanted) => wanted === id,
    drain: async () => undefined,
  }
  const principal: Principal = { isAdmin, scopes: new Set(['admin'] as const), ...limits }
  const http = Fastify()
  http.decorateRequest('principal', { getter: () => principal })
  const events = { emit: async (_: unknown, payload: unknown) => void emitted.push(payload) }
  const transaction = { run: (work: () => unknown) => work() }
  const services: Record<string, unknown> = { [Effects.id]: effects, [Events.id]: events, [Transaction.id]: transaction }
  const resolve = <T>({ id: wanted }: Service<T>): T => services[wanted] as T
  for (const handler of [listEffects, retryDeadLetter]) http.route(handler.bind(resolve))
  http.setErrorHandler((error, _, reply) =>
    reply.code(400).send({ code: 'code' in (error as object) ? (error as { code: string }).code : '' }),
  )
  return http
}

test('an administrator sees what waits and the dead letters', async () => {
  const answer = await serve(true).inject('/v1/admin/effects')
  expect(answer.json()).toEqual({ effects: [{ name: 'mail.send', waiting: 2, dead: 1 }], deadLetters: [letter] })
})

test('an administrator runs a dead letter again; an unknown one is not found', async () => {
  const http = serve(true)
  const found = await http.inject({ method: 'POST', url: `/v1/admin/effects/${id}/retry` })
  expect([found.statusCode, found.json()]).toEqual([202, { id }])
  const unknown = await http.inject({ method: 'POST', url: `/v1/admin/effects/${id.replace('a', 'b')}/retry` })
  expect(unknown.json()).toEqual({ code: 'kernel.dead_letter_not_found' })
})

test('the scope admin is not enough: the caller has to be an administrator', async () => {
  const http = serve(false)
  expect((await http.inject('/v1/admin/effects')).json()).toEqual({ code: 'kernel.admin_required' })
  const retry = await http.inject({ method: 'POST', url: `/v1/admin/effects/${id}/retry` })
  expect(retry.json()).toEqual({ code: 'kernel.admin_required' })
})

test('an administrator with a limited token, or without the scope, is refused', async () => {
  for (const limits of [{ namespaces: ['acme'] }, { artifacts: ['acme/widget'] }, { scopes: new Set(['publish'] as const) }])
    expect((await serve(true, limits).inject('/v1/admin/effects')).json()).toEqual({ code: 'kernel.admin_required' })
})

test('D-28 a retry leaves an event for the audit log', async () => {
  const emitted: unknown[] = []
  await serve(true, {}, emitted).inject({ method: 'POST', url: `/v1/admin/effects/${id}/retry` })
  expect(emitted).toEqual([{ id }])
})
