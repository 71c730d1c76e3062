import { expect, test } from 'vitest'
import { anonymous } from '../../../src/shared/kernel/principal.ts'
import { openSearch } from './open-search.ts'

test('the name itself comes first, then what begins with it, then words, then parts of words', async () => {
  await using registry = await openSearch()
  const { user, publish, names, sql, settled } = registry
  const ada = await user('ada')
  await publish(ada, 'library/preact')
  await publish(ada, 'library/view-kit', { description: 'Components for react and others' })
  await publish(ada, 'library/react-dom')
  await publish(ada, 'library/react')
  await publish(ada, 'library/unrelated', { description: 'Something else' })
  await sql`update artifacts set downloads = 100000 where name in ('preact', 'view-kit')`
  await settled()
  const found = await names(anonymous, 'react')
  expect(found.slice(0, 2)).toEqual(['react', 'react-dom'])
  expect(found.slice(2).toSorted()).toEqual(['preact', 'view-kit'])
  expect(await names(anonymous, '  REACT ')).toEqual(found)
})

test('what is downloaded more and is newer stands above what has the same words', async () => {
  await using registry = await openSearch()
  const { user, publish, names, find, sql, settled } = registry
  const ada = await user('ada')
  for (const name of ['aa-logger', 'bb-logger', 'cc-logger']) await publish(ada, `library/${name}`)
  await sql`update artifacts set downloads = 5000 where name = 'bb-logger'`
  await sql`update versions set published_at = now() - interval '3 years' where artifact_id = (select id from artifacts where name = 'aa-logger')`
  await sql`update artifacts set updated_at = now()`
  await registry.search.rebuild()
  await settled()
  expect(await names(anonymous, 'logger')).toEqual(['bb-logger', 'cc-logger', 'aa-logger'])
  expect(await names(anonymous, 'logger', { sortBy: 'updated', sortOrder: 'asc' })).toEqual(['aa-logger', 'bb-logger', 'cc-logger'])
  expect((await names(anonymous, '', { sortBy: 'downloads' }))[0]).toBe('bb-logger')
  for (const { score } of (await find(anonymous, 'logger')).hits)
    for (const part of Object.values(score)) expect(part >= 0 && part <= 1).toBe(true)
})

test('words are found by their stem, in keywords and descriptions, all of them together', async () => {
  await using registry = await openSearch()
  const { user, publish, names, settled } = registry
  const ada = await user('ada')
  await publish(ada, 'library/one', { description: 'Parses configuration files quickly' })
  await publish(ada, 'library/two', { keywords: ['configuration', 'state-machine'] })
  await publish(ada, 'library/three', { description: 'Draws charts' })
  await settled()
  expect((await names(anonymous, 'configurations')).toSorted()).toEqual(['one', 'two'])
  expect(await names(anonymous, 'parsing config')).toEqual([])
  expect(await names(anonymous, 'parsing configuration')).toEqual(['one'])
  expect(await names(anonymous, 'machine')).toEqual(['two'])
  expect(await names(anonymous, 'the charts')).toEqual(['three'])
  expect(await names(anonymous, '', { keywords: ['State-Machine', 'nothing'] })).toEqual(['two'])
})

test('a name is found by what people type for it', async () => {
  await using registry = await openSearch()
  const { user, publish, names, settled, request } = registry
  const ada = await user('ada')
  await publish(ada, 'library/left-pad')
  await publish(ada, 'library/lodash_es.utils')
  await publish(ada, 'ada/widget')
  await publish(ada, 'ada/widget-kit')
  await request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { visibility: 'public' } })
  await settled()
  for (const text of ['left-pad', 'left pad', 'pad', 'lef', 'eft-p', 'LEFT_PAD'])
    expect({ text, found: await names(anonymous, text) }).toEqual({ text, found: ['left-pad'] })
  expect(await names(anonymous, 'utils')).toEqual(['lodash_es.utils'])
  for (const text of ['@ada/widget', 'ada/widget']) expect(await names(anonymous, text)).toEqual(['ada/widget', 'ada/widget-kit'])
  expect((await names(anonymous, '@ada')).toSorted()).toEqual(['ada/widget', 'ada/widget-kit'])
})

test.each(['exprss', 'expres', 'epxress', 'expresss'])('the typo %s finds express', async (typo) => {
  await using registry = await openSearch()
  const { user, publish, names, settled } = registry
  const ada = await user('ada')
  for (const name of ['express', 'lodash', 'fastify']) await publish(ada, `library/${name}`)
  await settled()
  expect(await names(anonymous, typo)).toEqual(['express'])
  expect(await names(anonymous, 'zzzzzz')).toEqual([])
})

test('D-32: no text is an error', async () => {
  await using registry = await openSearch()
  const { user, publish, find, settled } = registry
  await publish(await user('ada'), 'library/widget')
  await settled()
  const texts = [
    "'",
    '\\',
    '%',
    '_',
    '&|!():*',
    "a'b:*",
    '\0',
    '\ud800',
    '@@@',
    '/',
    '@/',
    'a/',
    '🙂',
    'ａｂ',
    '<->',
    'x'.repeat(5_000),
    '-- ;',
    'ß İ',
    '١٢٣',
    '1e5 -3.5 a.b@c.d',
  ]
  for (const text of texts) expect((await find(anonymous, text)).total).toBeLessThanOrEqual(1)
})
