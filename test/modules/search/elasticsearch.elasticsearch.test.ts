import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OutsideIndex } from '../../../src/modules/search/outside-index.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { startSearchServer } from '../../support/search-server.ts'
import { openSearch } from './open-search.ts'

const prefix = `t${randomBytes(6).toString('hex')}`
let server: Awaited<ReturnType<typeof startSearchServer>>
let registry: Awaited<ReturnType<typeof openSearch>>
let ada: Principal
let settled: () => Promise<void>

beforeAll(async () => {
  server = await startSearchServer()
  registry = await openSearch({ search: { elasticsearchUrl: server.url, elasticsearchPrefix: prefix } })
  const { feed } = registry.kernel.resolve(OutsideIndex)
  settled = async () => {
    await registry.settled()
    await feed?.flush()
    await fetch(`${server.url}/${prefix}-artifacts/_refresh`, { method: 'POST' })
  }
  ada = await registry.user('ada')
})
afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  await fetch(`${server.url}/${prefix}-artifacts-v*`, { method: 'DELETE' })
  await server[Symbol.asyncDispose]()
})

test('what is published is found in Elasticsearch: the exact name first, then beginnings, words and typing errors', async () => {
  const { publish, names } = registry
  await publish(ada, 'ada/left-pad', { description: 'pads strings on the left', keywords: ['strings'] })
  await publish(ada, 'ada/left-pad-plus', { description: 'more padding' })
  await publish(ada, 'ada/pad', { description: 'left alone' })
  await settled()
  const before = server.requests.length
  expect(await names(ada, 'left-pad')).toEqual(['ada/left-pad', 'ada/left-pad-plus', 'ada/pad'])
  expect(await names(ada, 'string')).toEqual(['ada/left-pad'])
  expect(await names(ada, 'lfet-pad')).toContain('ada/left-pad')
  for (const l of registry.kernel.log.lines) if (l.level==="warn"||l.level==="error") console.log(l.message, JSON.stringify((l.fields as any).err?.meta?.body ?? String((l.fields as any).err)).slice(0,1500))
  expect(server.requests.slice(before).filter((line) => line.includes('_search')).length).toBe(4)
  expect(registry.kernel.log.lines.filter(({ level }) => Number(level) >= 40)).toEqual([])
})
