import { expect, test } from 'vitest'
import { Gathered } from '../../src/shared/gathered.ts'

test('what comes together is one piece of work, each item once, and every caller has its answer', async () => {
  const batches: (readonly string[])[] = []
  const gathered = new Gathered(async (items) => {
    batches.push(items)
    return new Map(items.map((item) => [item, item.toUpperCase()]))
  }, 5)
  const answers = await Promise.all(['a', 'b', 'a'].map(async (item) => (await gathered.add(item)).get(item)))
  expect(answers).toEqual(['A', 'B', 'A'])
  expect((await gathered.add('a')).get('a')).toBe('A')
  expect(batches).toEqual([['a', 'b'], ['a']])
})

test('a failure is that of everybody in it, and of nobody after it', async () => {
  let fails = true
  const gathered = new Gathered(async () => {
    if (fails) throw new Error('no database')
    return 'done'
  }, 1)
  expect((await Promise.allSettled([gathered.add('a'), gathered.add('b')])).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  fails = false
  expect(await gathered.add('a')).toBe('done')
})
