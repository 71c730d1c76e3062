import { expect, test } from 'vitest'
import type { Authorizer } from '../../../src/modules/auth/contract.ts'
import { PublicationPolicies } from '../../../src/modules/metadata/publication-policies.ts'
import type { Publication } from '../../../src/modules/metadata/publications.contract.ts'
import { literalPolicy } from '../../support/literal-policy.ts'

const publication = { manifestDigest: `sha256:${'0'.repeat(64)}`, version: '1.0.0', tags: [] } as unknown as Publication
const policies = () => new PublicationPolicies({} as Authorizer)
const never = new Promise<never>(() => undefined)

test('decision 4: a publication that concerns no policy waits for no manifest and is reviewed by nobody', async () => {
  const all = policies()
  const [one, other] = [literalPolicy('one'), literalPolicy('other')]
  all.add({ ...one.policy, concerns: () => false })
  all.add({ ...other.policy, concerns: async () => false })
  one.answers('never said')
  expect(await all.review(publication, never)).toEqual([])
  expect([...one.asked, ...other.asked]).toEqual([])
})

test('decision 4: whom it concerns is asked once the manifest is written, and whoever does not say so is asked too', async () => {
  const all = policies()
  const [quiet, concerned, silent] = [literalPolicy('quiet'), literalPolicy('concerned'), literalPolicy('silent')]
  all.add({ ...quiet.policy, concerns: () => false })
  all.add({ ...concerned.policy, concerns: (about) => about === publication })
  all.add(silent.policy)
  concerned.answers('not signed')
  silent.answers('not scanned')
  const { promise: written, resolve } = Promise.withResolvers<void>()
  const reviewing = all.review(publication, written)
  await new Promise((next) => setImmediate(next))
  expect(concerned.asked).toEqual([])
  resolve()
  expect(await reviewing).toEqual([
    { policy: 'concerned', reason: 'not signed' },
    { policy: 'silent', reason: 'not scanned' },
  ])
  expect(quiet.asked).toEqual([])
})

test('decision 4: a manifest that could not be written fails the review of whom it concerns', async () => {
  const all = policies()
  all.add(literalPolicy('one').policy)
  await expect(all.review(publication, Promise.reject(new Error('disk full')))).rejects.toThrow('disk full')
})
