import { expect, test } from 'vitest'
import { Teardown } from '../../src/shared/kernel/teardown.ts'
import { recordLog } from '../../src/shared/testing/record-log.ts'

test('steps run in reverse order, one after another, also past one that fails', async () => {
  const log = recordLog()
  const teardown = new Teardown(log)
  const done: string[] = []
  for (const name of ['first', 'second', 'third'])
    teardown.add(name, async () => {
      await Promise.resolve()
      if (name === 'second') throw new Error('on purpose')
      done.push(name)
    })
  await teardown.run()
  expect(done).toEqual(['third', 'first'])
  expect(log.lines).toMatchObject([{ level: 'error', fields: { step: 'second' } }])
})

test('whoever calls again waits for the first call, and nothing runs twice', async () => {
  const teardown = new Teardown(recordLog())
  const open = Promise.withResolvers<void>()
  let closed = 0
  teardown.add('below', async () => {
    closed += 1
  })
  teardown.add('slow', () => open.promise)
  const first = teardown.run()
  const second = teardown.run()
  expect(closed).toBe(0)
  open.resolve()
  await second
  expect(closed).toBe(1)
  await Promise.all([first, teardown.run()])
  expect(closed).toBe(1)
})
