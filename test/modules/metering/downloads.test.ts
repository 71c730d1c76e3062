import { expect, test } from 'vitest'
import { Metering } from '../../../src/modules/metering/contract.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { startTestKernel } from '../../../src/shared/testing/start-test-kernel.ts'

const password = 'correct horse battery'
const auth = { passwordMemoryKib: 1_024, passwordPasses: 1, registration: 'open', adminPassword: password }

test('Q155 what is downloaded through a route counts for its account, from parallel clients exactly', async () => {
  await using kernel = await startTestKernel({ settings: { auth } })
  const as = (name: string) => ({ authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` })
  for (const username of ['ann', 'bob'])
    await kernel.http.inject({ method: 'POST', url: '/v1/users', payload: { username, password, email: `${username}@example.org` } })
  const headers = { ...as('ann'), 'content-type': 'application/octet-stream' }
  const url = '/v1/artifacts/ann/tool/1.0.0'
  expect((await kernel.http.inject({ method: 'POST', url, headers, payload: Buffer.from('bytes') })).statusCode).toBe(201)
  await kernel.http.inject({ method: 'PATCH', url: '/v1/namespaces/ann', headers: as('ann'), payload: { visibility: 'public' } })
  const metering = kernel.resolve(Metering)
  const clients = Array.from({ length: 6 }, async (_, client) => {
    for (let turn = 0; turn < 20; turn += 1) {
      const answer = await kernel.http.inject({ url, headers: client < 2 ? as('bob') : {} })
      expect(answer.statusCode).toBe(200)
      if (turn % 7 === 0) await metering.flush()
    }
  })
  await Promise.all(clients)
  await metering.flush()
  const hour = (ahead: number) => new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 + ahead * 3_600_000).toISOString()
  const sums = await metering.sums({ from: hour(-1), to: hour(1), metric: 'downloads', limit: 10 })
  expect(sums.map(({ subject, quantity }) => [subject.kind, subject.id, quantity])).toEqual([
    ['account', 'bob', 40],
    ['anonymous', '', 80],
  ])
  const [shown] = await kernel.resolve(Database).sql<{ metered: number }>`select sum(quantity)::integer as metered from metering_hours`
  expect(shown).toEqual({ metered: 120 })
})
