import { expect, test } from 'vitest'
import { Busy } from '../../../src/modules/auth/errors.ts'
import { argon2idHasher } from '../../../src/modules/auth/password-hash.ts'
import { Slots } from '../../../src/shared/kernel/slots.ts'

const hasher = argon2idHasher({ memoryKib: 1_024, passes: 1 })

test('D-22 a password fits its own hash only, and equal passwords have different hashes', async () => {
  const [one, two] = await Promise.all([hasher.hash('pässword 1'), hasher.hash('pässword 1')])
  expect(one).toMatch(/^\$argon2id\$v=19\$m=1024,t=1,p=1\$/)
  expect(one).not.toBe(two)
  expect(await hasher.verify('pässword 1', one)).toBe(true)
  expect(await hasher.verify('pa\u0308ssword 1', one)).toBe(true)
  expect(await hasher.verify('password 1', one)).toBe(false)
})

test('a hash carries its own cost, and a cheaper one than wanted is outdated', async () => {
  const cheap = await hasher.hash('a password')
  const dearer = argon2idHasher({ memoryKib: 2_048, passes: 2 })
  expect(await dearer.verify('a password', cheap)).toBe(true)
  expect(dearer.isOutdated(cheap)).toBe(true)
  expect(hasher.isOutdated(cheap)).toBe(false)
})

test('nothing fits the decoy or a broken hash', async () => {
  expect(await hasher.verify('', hasher.decoy)).toBe(false)
  expect(await hasher.verify('x', 'not a hash')).toBe(false)
  expect(await hasher.verify('x', '$argon2id$v=19$m=1024,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA')).toBe(false)
})

test('D-22 the pool runs so many at once, lets so many wait and turns the rest away', async () => {
  const pool = new Slots({ atOnce: 2, waiting: 3 }, () => new Busy())
  const gate = Promise.withResolvers<void>()
  let running = 0
  let most = 0
  const work = async () => {
    most = Math.max(most, ++running)
    await gate.promise
    running--
  }
  const admitted = Array.from({ length: 5 }, () => pool.use(work))
  await expect(pool.use(work)).rejects.toThrow(Busy)
  gate.resolve()
  await Promise.all(admitted)
  expect(most).toBe(2)
  await pool.use(work)
})

test('a failed work leaves its place in the pool', async () => {
  const pool = new Slots({ atOnce: 1, waiting: 1 })
  await expect(pool.use(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await pool.use(async () => 'yes')).toBe('yes')
})
