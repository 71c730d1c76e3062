import { Type } from '@sinclair/typebox'
import { defineConfig } from '../../src/shared/kernel/config.ts'
import { Database } from '../../src/shared/kernel/database.ts'
import { defineEffect, onDemand, onEvent, onSchedule } from '../../src/shared/kernel/effect.ts'
import type { Effects } from '../../src/shared/kernel/effects.ts'
import { defineEvent } from '../../src/shared/kernel/event.ts'
import type { Events } from '../../src/shared/kernel/events.ts'
import { defineHandler } from '../../src/shared/kernel/handler.ts'
import { defineModule } from '../../src/shared/kernel/module.ts'
import type { Resolve } from '../../src/shared/kernel/service.ts'
import { service } from '../../src/shared/kernel/service.ts'
import { fake } from '../../src/shared/testing/start-test-kernel.ts'

interface Clock {
  now(): Date
}
const Clock = service<Clock>('test.clock')
interface Shelf {
  get(id: string): Promise<{ name: string }>
}
const Shelf = service<Shelf>('test.shelf')
const BookPlaced = defineEvent('test.book_placed', Type.Object({ bookId: Type.String(), copies: Type.Optional(Type.Integer()) }))

declare const events: Events
declare const effects: Effects
declare const resolve: Resolve

// Services
resolve(Clock).now().getTime()
// @ts-expect-error a token resolves to its own interface
resolve(Clock).get('x')
// @ts-expect-error a clock is no shelf
const wrongToken: typeof Shelf = Clock
void wrongToken
fake(Clock, { now: () => new Date() })
// @ts-expect-error a fake fits its contract
fake(Clock, { now: () => 'noon' })

// Events
void events.emit(BookPlaced, { bookId: 'b1' })
void events.emit(BookPlaced, { bookId: 'b1', copies: 2 })
// @ts-expect-error payload field has the wrong type
void events.emit(BookPlaced, { bookId: 1 })
// @ts-expect-error payload field is missing
void events.emit(BookPlaced, {})
// @ts-expect-error unknown payload field
void events.emit(BookPlaced, { bookId: 'b1', title: 'x' })
// @ts-expect-error unknown payload field
events.on(BookPlaced, ({ bokId }) => bokId)
events.on(BookPlaced, ({ bookId }, { at, actor, payload }) => [bookId.length, at.length, actor?.length, payload.bookId.length])

// Handlers
defineHandler({
  method: 'GET',
  url: '/:id',
  auth: 'read',
  summary: 'Gets a book',
  schema: {
    params: Type.Object({ id: Type.String() }),
    querystring: Type.Object({ limit: Type.Optional(Type.Integer()) }),
    response: { 200: Type.Object({ name: Type.String() }), 404: Type.Object({ why: Type.String() }) },
  },
  deps: { shelf: Shelf, clock: Clock },
  handle: async (request, { shelf, clock }, reply) => {
    const at: Date = clock.now()
    void at
    const limit: number | undefined = request.query.limit
    void limit
    // @ts-expect-error params are typed by their schema
    void request.params.name
    // @ts-expect-error there is no body in the schema
    void request.body.name
    if (request.principal.userId === undefined) return { why: 'nobody' }
    if (request.params.id === '') return reply.code(404).send({ why: 'empty' })
    return shelf.get(request.params.id)
  },
})
defineHandler({
  method: 'GET',
  url: '/',
  auth: 'anonymous',
  summary: 'Answers wrongly',
  schema: { response: { 200: Type.Object({ name: Type.String() }) } },
  deps: {},
  // @ts-expect-error answer does not match the response schema
  handle: async () => ({ title: 'x' }),
})
// @ts-expect-error a handler names who may call it
defineHandler({ method: 'GET', url: '/', summary: 'x', schema: {}, deps: {}, handle: async () => undefined })
// @ts-expect-error a handler says what it does
defineHandler({ method: 'GET', url: '/', auth: 'read', schema: {}, deps: {}, handle: async () => undefined })
// @ts-expect-error there is no such scope
defineHandler({ method: 'GET', url: '/', auth: 'write', summary: 'x', schema: {}, deps: {}, handle: async () => undefined })

// Effects
defineEffect({
  name: 'test.ok',
  trigger: onEvent(BookPlaced),
  deps: { clock: Clock },
  dedupe: ({ bookId }) => bookId,
  run: async ({ bookId }, { clock }, { signal, attempt }) => void [bookId.length, clock.now(), signal.aborted, attempt],
})
defineEffect({
  name: 'test.cron',
  trigger: onSchedule('0 3 * * *'),
  deps: {},
  run: async (payload) => {
    const none: undefined = payload
    return none
  },
})
// @ts-expect-error cron effects have no payload
defineEffect({ name: 'test.bad', trigger: onSchedule('0 3 * * *'), deps: {}, run: async ({ bookId }) => void bookId })
const BookLent = defineEvent('books.lent', Type.Object({ bookId: Type.String(), until: Type.String() }))
defineEffect({
  name: 'test.either',
  trigger: onEvent(BookPlaced, BookLent),
  deps: {},
  dedupe: ({ bookId }) => bookId,
  run: async (payload) => void ('until' in payload ? payload.until : payload.bookId).length,
})
defineEffect({
  name: 'test.bad',
  trigger: onEvent(BookPlaced, BookLent),
  deps: {},
  // @ts-expect-error not every payload has it
  run: async ({ until }) => void until,
})
// @ts-expect-error the key is made of the payload
defineEffect({ name: 'test.bad', trigger: onEvent(BookPlaced), deps: {}, dedupe: ({ title }) => title, run: async () => {} })
const asked = defineEffect({ name: 'test.asked', trigger: onDemand(Type.Object({ n: Type.Integer() })), deps: {}, run: async () => {} })
void effects.request(asked, { n: 1 })
// @ts-expect-error the request has the wrong type
void effects.request(asked, { n: 'one' })

// Modules
const base = {
  name: 'test',
  description: 'For tests',
  config: Type.Object({ size: Type.Integer({ default: 1 }), limits: Type.Object({ perHour: Type.Integer(), perDay: Type.Integer() }) }),
  deps: { shelf: Shelf },
  provides: { clock: Clock },
}
const module = defineModule({
  ...base,
  effects: [asked],
  events: [BookPlaced],
  setup: (_deps, config) => ({ clock: { now: () => new Date(config.size + config.limits.perDay) } }),
  health: async ({ clock }) => (clock.now() ? { status: 'up' } : { status: 'down', reason: 'stopped' }),
})
// @ts-expect-error a provided service is missing
defineModule({ ...base, setup: () => ({}) })
// @ts-expect-error the provided service does not fit its contract
defineModule({ ...base, setup: () => ({ clock: { now: () => 'soon' } }) })
// @ts-expect-error setup sees declared deps only
defineModule({ ...base, setup: ({ database }) => ({ clock: database }) })
// @ts-expect-error an optional service may be absent
defineModule({ ...base, optionalDeps: { other: Clock }, setup: ({ other }) => ({ clock: { now: () => other.now() } }) })
defineModule({ ...base, optionalDeps: { other: Clock }, setup: ({ other }) => ({ clock: { now: () => other?.now() ?? new Date() } }) })
// @ts-expect-error there is no such capability
defineModule({ ...base, capabilities: ['telepathy'], setup: () => ({ clock: { now: () => new Date() } }) })
defineModule({
  ...base,
  deps: { database: Database },
  setup: ({ database }) => ({ clock: { now: () => (database.em ? new Date() : new Date(0)) } }),
})

// Configuration
defineConfig({ env: {}, modules: [module, module.configure({}), module.configure({ size: 2, limits: { perHour: 1 } })] })
defineConfig({ env: process.env, kernel: { port: 1 }, modules: [] })
// @ts-expect-error misspelt setting
module.configure({ sise: 1 })
// @ts-expect-error wrong setting type
module.configure({ limits: { perHour: 'x' } })
// @ts-expect-error misspelt kernel setting
defineConfig({ env: {}, kernel: { prot: 1 }, modules: [] })
// @ts-expect-error not a module
defineConfig({ env: {}, modules: [{ name: 'x' }] })
