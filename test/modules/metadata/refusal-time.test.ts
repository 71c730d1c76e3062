import { expect, test } from 'vitest'
import { openRegistry } from './open-registry.ts'

test('D-13: a hidden name is refused about as fast as an absent one', async () => {
  await using registry = await openRegistry()
  const { user, publish, request } = registry
  const ada = await user('ada')
  await publish(ada, 'ada/secret')
  await user('eve')
  const medianOf = async (url: (at: number) => string): Promise<number> => {
    const times: number[] = []
    for (let at = 0; at < 61; at += 1) {
      const start = performance.now()
      const { statusCode } = await request('GET', url(at), { as: 'eve' })
      times.push(performance.now() - start)
      expect(statusCode).toBe(404)
    }
    return times.toSorted((left, right) => left - right)[30] ?? 0
  }
  const kinds: readonly ((at: number) => string)[] = [
    () => '/v1/artifacts/ada/secret',
    () => '/v1/artifacts/ada/absent',
    () => '/v1/artifacts/nobody/secret',
    (at) => `/v1/artifacts/nobody-${at}/secret`,
  ]
  // A machine busy with something else may spoil a round, never three of them.
  await expect
    .poll(
      async () => {
        const medians: number[] = []
        for (const kind of kinds) medians.push(await medianOf(kind))
        return Math.max(...medians) / Math.min(...medians)
      },
      { timeout: 20_000, interval: 10 },
    )
    .toBeLessThan(3)
})
