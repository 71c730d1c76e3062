import { randomBytes } from 'node:crypto'
import { sql as fragment } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import artifacts from '../../../src/modules/artifacts/module.ts'
import auth from '../../../src/modules/auth/module.ts'
import metadata from '../../../src/modules/metadata/module.ts'
import search from '../../../src/modules/search/module.ts'
import { SignatureIndex } from '../../../src/modules/search/signatures/signature-index.ts'
import timescape from '../../../src/modules/timescape/module.ts'
import { signatures } from '../../../src/modules/timescape/signatures/signatures.service.ts'
import type { Signatures } from '../../../src/modules/timescape/signatures.contract.ts'
import { Database, Transaction } from '../../../src/shared/kernel/database.ts'
import { Log } from '../../../src/shared/kernel/logger.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { openSearch } from './open-search.ts'

let registry: Awaited<ReturnType<typeof openSearch>>
let ada: Principal
const types = (input: object, output: object) => ({
  gtypes: [
    { name: 'CallRequest', fields: input },
    { name: 'CallResponse', fields: output },
  ],
})

beforeAll(async () => {
  registry = await openSearch({ modules: [auth, artifacts, metadata, timescape, search] })
  const { publish, settled, user, request } = registry
  ada = await user('ada')
  await request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { visibility: 'private' } })
  await publish(ada, 'library/mood', {
    description: 'Tells moods',
    ...types({ text: 'string' }, { sentiment: 'enum[good,bad]', score: 'number' }),
  })
  await publish(ada, 'library/strict-mood', types({ text: 'string', model: 'string' }, { sentiment: 'string' }))
  await publish(ada, 'library/weather', types({ place: 'string' }, { rain: 'boolean' }))
  await publish(ada, 'library/untyped', {})
  await publish(ada, 'ada/secret-mood', types({ text: 'string' }, { sentiment: 'string' }))
  await settled()
  await settled()
})
afterAll(() => registry[Symbol.asyncDispose]())

const found = async (typeSignature: string, { query = '', as }: { query?: string; as?: string } = {}) => {
  const url = `/v1/search?query=${query}&typeSignature=${encodeURIComponent(typeSignature)}`
  const answer = await registry.request('GET', url, as === undefined ? {} : { as })
  expect(answer.statusCode).toBe(200)
  const { items, total, typeSignature: told } = answer.json()
  expect([total, told]).toEqual([items.length, { truncated: false }])
  return items.map(({ name }: { name: string }) => name).toSorted()
}

test('artifacts are found by what they take and give, supersets and subsets', async () => {
  expect(await found('out:{sentiment:string}')).toEqual(['mood', 'strict-mood'])
  expect(await found('in:{text:string} out:{sentiment:enum[good,bad,mixed]}')).toEqual(['mood'])
  expect(await found('in<={text:string}')).toEqual(['mood'])
  expect(await found('out<={rain:boolean, snow:boolean}')).toEqual(['weather'])
  expect(await found('out:{sentiment:number}')).toEqual([])
  expect(await found('out:{sentiment:string}', { query: 'tells' })).toEqual(['mood'])
})

test('P5: types of what the caller may not see find nothing', async () => {
  expect(await found('out:{sentiment:string}', { as: 'ada' })).toEqual(['mood', 'secret-mood', 'strict-mood'])
  await registry.user('bob')
  expect(await found('out:{sentiment:string}', { as: 'bob' })).toEqual(['mood', 'strict-mood'])
})

test('what is no signature is a precise error', async () => {
  const ask = async (text: string) => {
    const answer = await registry.request('GET', `/v1/search?typeSignature=${encodeURIComponent(text)}`)
    return [answer.statusCode, answer.json().code]
  }
  expect(await ask('nonsense')).toEqual([400, 'search.signature_invalid'])
  expect(await ask('in:{text:Foo}')).toEqual([400, 'timescape.signature_unreadable'])
  expect(await ask('{"input":{"a\\u0000":"string"}}')).toEqual([400, 'search.signature_invalid'])
  expect(await ask('{"output":{"a\\udc00":"string"}}')).toEqual([400, 'search.signature_invalid'])
  expect((await ask(`in:{${'a:string,'.repeat(400)}b:string}`))[0]).toBe(400)
})

test('another version with other types is found by those, and a yanked one by none', async () => {
  const { publish, settled, request } = registry
  await publish(ada, 'library/shifting', types({ a: 'string' }, { b: 'string' }))
  await settled()
  await settled()
  expect(await found('in:{a:string}')).toEqual(['shifting'])
  await publish(ada, 'library/shifting', { version: '2.0.0', ...types({ c: 'string' }, { b: 'string' }) })
  await settled()
  await settled()
  expect(await found('in:{a:string}')).toEqual([])
  expect(await found('in:{c:string}')).toEqual(['shifting'])
  for (const version of ['1.0.0', '2.0.0'])
    await request('PUT', `/v1/artifacts/library/shifting/${version}/yank`, { as: 'ada', body: { reason: 'no' } })
  await settled()
  expect(await found('in:{c:string}')).toEqual([])
})

test('what the index refuses of one artifact keeps no other from being indexed, and is not tried again', async () => {
  const { kernel, sql, publish, settled } = registry
  for (const name of ['plain-one', 'odd-one', 'plain-two']) await publish(ada, `library/${name}`, types({ q: 'string' }, { r: name }))
  await settled()
  await settled()
  const rows = await sql<{
    id: string
    name: string
  }>`select artifact_id as id, name from search_documents where name in ('plain-one', 'odd-one', 'plain-two')`
  const ids = rows.map(({ id }) => id)
  await sql`delete from search_declarations where artifact_id = any(${ids}::uuid[])`
  const item = randomBytes(4_000).toString('base64')
  const declared: Signatures['declared'] = (gtypes) => [
    { direction: 'input', fields: JSON.stringify(gtypes).includes('odd-one') ? [item] : ['q'], names: [], required: [] },
  ]
  const database = kernel.resolve(Database)
  const index = new SignatureIndex({
    ...{ database, transaction: kernel.resolve(Transaction), log: kernel.resolve(Log) },
    signatures: { ...signatures, declared },
  })
  expect(await index.renew(ids)).toBe(3)
  expect(await index.renew(ids)).toBe(0)
  const kept = await sql<{ name: string }>`select d.name from search_signatures s join search_documents d using (artifact_id)
    where s.artifact_id = any(${ids}::uuid[]) order by 1`
  expect(kept.map(({ name }) => name)).toEqual(['plain-one', 'plain-two'])
})

test('types that take long to compare end a search in time, which says so; types of more than 128 KiB are not looked for', async () => {
  const { kernel, publish, settled } = registry
  const huge = Object.fromEntries(Array.from({ length: 4_000 }, (_, at) => [`a_rather_long_name_of_a_field_${at}`, 'string']))
  await publish(ada, 'library/huge', types(huge, { huge_only: 'string' }))
  await settled()
  await settled()
  expect(await found('out:{huge_only:string}')).toEqual([])
  const index = new SignatureIndex({
    ...{ database: kernel.resolve(Database), transaction: kernel.resolve(Transaction), log: kernel.resolve(Log) },
    signatures: {
      ...signatures,
      wanted: (parts) => ({
        ...signatures.wanted(parts),
        fits() {
          for (const until = performance.now() + 250; performance.now() < until; );
          return true
        },
      }),
    },
  })
  const { artifactIds, truncated } = await index.find(
    'out<={sentiment:string, score:number, rain:boolean, b:string, r:string}',
    fragment`true`,
  )
  expect(truncated).toBe(true)
  expect(artifactIds).toHaveLength(2)
})
