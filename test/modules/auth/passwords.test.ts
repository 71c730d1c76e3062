import { expect, test } from 'vitest'
import { InvalidCredentials, TooManyAttempts } from '../../../src/modules/auth/errors.ts'
import { LoginThrottle } from '../../../src/modules/auth/login-throttle.ts'
import { argon2idHasher } from '../../../src/modules/auth/password-hash.ts'
import { Passwords } from '../../../src/modules/auth/passwords.service.ts'
import type { Cache } from '../../../src/shared/kernel/cache.ts'
import { createMemoryCache } from '../../../src/shared/kernel/cache-memory.ts'
import type { Database } from '../../../src/shared/kernel/database.ts'

const real = argon2idHasher({ memoryKib: 1_024, passes: 1 })

async function passwordsWith(cache: Cache = createMemoryCache({ maxBytes: 1_000_000 })) {
  const verified: string[] = []
  const passwordHash = await real.hash('right password')
  const known = { userId: '1', username: 'ann', credentialsVersion: 1, passwordHash }
  const hasher = {
    ...real,
    verify: (password: string, stored: string) => {
      verified.push(stored)
      return real.verify(password, stored)
    },
  }
  const database = { sql: async (_text: unknown, name: string) => (name === 'ann' ? [known] : []) } as unknown as Database
  const passwords = new Passwords({
    database,
    audit: { record: async () => {} },
    hasher,
    throttle: new LoginThrottle(cache),
    maxWaiting: 100,
  })
  return { passwords, verified, passwordHash }
}

test('D-22 an unknown user pays for one hash, like a known one', async () => {
  const { passwords, verified, passwordHash } = await passwordsWith()
  await expect(passwords.verify('nobody', 'x')).rejects.toThrow(InvalidCredentials)
  await expect(passwords.verify('ann', 'x')).rejects.toThrow(InvalidCredentials)
  expect(await passwords.verify('ann', 'right password')).toMatchObject({ userId: '1' })
  expect(verified).toEqual([real.decoy, passwordHash, passwordHash])
})

test('D-20 ten failures for a name close it, also for the right password, and a burst cannot slip through', async () => {
  const { passwords, verified } = await passwordsWith()
  const attempts = await Promise.allSettled(Array.from({ length: 40 }, () => passwords.verify('ann', 'wrong')))
  const hashed = verified.length
  expect(hashed).toBeGreaterThanOrEqual(10)
  expect(hashed).toBeLessThanOrEqual(12)
  expect(attempts.filter((one) => one.status === 'rejected' && one.reason instanceof TooManyAttempts)).toHaveLength(40 - hashed)
  const refusal = await passwords.verify('ann', 'right password').catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(TooManyAttempts)
  expect((refusal as TooManyAttempts).retryAfterSeconds).toBeGreaterThan(290)
  expect(verified).toHaveLength(hashed)
})

test('D-20 a thousand failures in all close every name', async () => {
  const cache = createMemoryCache({ maxBytes: 4_000_000 })
  const throttle = new LoginThrottle(cache)
  for (let index = 0; index < 999; index++) await throttle.failed({ username: `user-${index}`, ip: null })
  await throttle.admit({ username: 'fresh', ip: null })
  await throttle.failed({ username: 'last', ip: null })
  await expect(throttle.admit({ username: 'fresh', ip: null })).rejects.toThrow(TooManyAttempts)
})
