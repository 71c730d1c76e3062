import { Type } from '@sinclair/typebox'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defineEffect, onSchedule } from '../../src/shared/kernel/effect.ts'
import { defineEvent } from '../../src/shared/kernel/event.ts'
import { BrokenModuleGraph, orderModules } from '../../src/shared/kernel/graph.ts'
import { defineHandler } from '../../src/shared/kernel/handler.ts'
import { defineModule, type Module } from '../../src/shared/kernel/module.ts'
import { type Services, service } from '../../src/shared/kernel/service.ts'

const tokens = (...ids: string[]): Services => Object.fromEntries(ids.map((id) => [id, service<unknown>(id)]))
const Kernel = service<unknown>('kernel.database')

interface Shape {
  readonly needs?: readonly string[]
  readonly wants?: readonly string[]
  readonly gives?: readonly string[]
  readonly units?: Pick<Parameters<typeof defineModule>[0], 'handlers' | 'effects' | 'events'>
}

const moduleOf = (name: string, { needs = [], wants = [], gives = [], units = {} }: Shape): Module =>
  defineModule({
    name,
    description: name,
    config: Type.Object({}),
    deps: tokens(...needs),
    optionalDeps: tokens(...wants),
    provides: tokens(...gives),
    setup: () => ({}),
    ...units,
  })

const order = (...modules: Module[]): string[] => orderModules(modules, [Kernel]).map(({ name }) => name)

function problemsOf(...modules: Module[]): string[] {
  try {
    orderModules(modules, [Kernel])
  } catch (error) {
    if (!(error instanceof BrokenModuleGraph)) throw error
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim())
  }
  return []
}

const handlerNeeding = (id: string) =>
  defineHandler({
    method: 'GET',
    url: '/',
    auth: 'anonymous',
    summary: 'Answers',
    schema: {},
    deps: tokens(id),
    handle: async () => undefined,
  })
const effectNeeding = (name: string, ...ids: string[]) =>
  defineEffect({ name, trigger: onSchedule('0 3 * * *'), deps: tokens(...ids), run: async () => {} })

test('modules start after those whose services they need, in whatever order they are given', () => {
  const store = moduleOf('store', { needs: ['kernel.database'], gives: ['store'] })
  const index = moduleOf('index', { needs: ['store'], gives: ['index'] })
  const door = moduleOf('door', { needs: ['index', 'store'] })
  for (const modules of [
    [door, index, store],
    [store, index, door],
    [index, door, store],
  ])
    expect(order(...modules)).toEqual(['store', 'index', 'door'])
})

test('an optional service orders its module when it is there and is not missed when it is not', () => {
  const door = moduleOf('door', { wants: ['index'] })
  expect(order(door)).toEqual(['door'])
  expect(order(door, moduleOf('index', { gives: ['index'] }))).toEqual(['index', 'door'])
})

test('every problem is reported at once, naming the modules', () => {
  const problems = problemsOf(
    moduleOf('one', { gives: ['a', 'kernel.database'], needs: ['nowhere'] }),
    moduleOf('two', { gives: ['a'], units: { handlers: [handlerNeeding('b')] } }),
    moduleOf('two', {}),
    moduleOf('egg', { needs: ['hen'], gives: ['egg'] }),
    moduleOf('hen', { needs: ['egg'], gives: ['hen'] }),
    moduleOf('kernel', {}),
  )
  expect(problems.sort()).toEqual([
    'module one needs nowhere, which no module provides',
    'module one provides kernel.database, which the kernel already provides',
    'module two provides a, which one already provides',
    'module two uses b without declaring it',
    'modules depend on each other: egg -> hen -> egg',
    'two modules are called kernel',
    'two modules are called two',
  ])
})

test('a handler or an effect sees only what its module declares', () => {
  const provider = moduleOf('provider', { gives: ['a', 'b'] })
  const units = { handlers: [handlerNeeding('a')], effects: [effectNeeding('user.work', 'b')] }
  expect(problemsOf(provider, moduleOf('user', { needs: ['a'], units }))).toEqual(['module user uses b without declaring it'])
  expect(problemsOf(provider, moduleOf('user', { needs: ['a'], wants: ['b'], units }))).toEqual([])
  expect(problemsOf(moduleOf('own', { gives: ['a', 'b'], units }))).toEqual([])
})

test('a module cannot need what it provides, and cycles are found through optional services too', () => {
  expect(problemsOf(moduleOf('self', { needs: ['a'], gives: ['a'] }))).toEqual(['module self needs a, which it provides itself'])
  const hen = moduleOf('hen', { wants: ['egg'], gives: ['hen'] })
  expect(problemsOf(hen, moduleOf('egg', { wants: ['hen'], gives: ['egg'] }))).toEqual(['modules depend on each other: hen -> egg -> hen'])
})

test('two effects or two events of one name are refused, the same one listed twice is not', () => {
  const happened = defineEvent('a.happened', Type.Object({}))
  const twice = [
    moduleOf('a', { units: { events: [happened], effects: [effectNeeding('a.work')] } }),
    moduleOf('b', { units: { events: [defineEvent('a.happened', Type.Object({}))], effects: [effectNeeding('a.work')] } }),
  ]
  expect(problemsOf(...twice)).toEqual(['two effects are called a.work', 'two events are called a.happened'])
  expect(problemsOf(moduleOf('a', { units: { events: [happened, happened] } }))).toEqual([])
})

test('a random acyclic graph comes out complete and in topological order', () => {
  const graphs = fc.integer({ min: 1, max: 12 }).chain((size) =>
    fc.tuple(
      // An edge i → j with j < i cannot close a cycle.
      fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1), fc.boolean()), { maxLength: 40 }),
      fc.shuffledSubarray([...Array(size).keys()], { minLength: size, maxLength: size }),
    ),
  )
  fc.assert(
    fc.property(graphs, ([edges, shuffled]) => {
      const down = edges.filter(([from, to]) => to < from)
      const modules = shuffled.map((own) => {
        const [wants, needs] = [true, false].map((optional) => down.filter((e) => e[0] === own && e[2] === optional).map((e) => `s${e[1]}`))
        return moduleOf(`m${own}`, { gives: [`s${own}`], needs: needs ?? [], wants: wants ?? [] })
      })
      const names = order(...modules)
      expect([...names].sort()).toEqual(modules.map(({ name }) => name).sort())
      for (const [from, to] of down) expect(names.indexOf(`m${to}`)).toBeLessThan(names.indexOf(`m${from}`))
    }),
  )
})
