import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Value } from '@sinclair/typebox/value'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SigningSettings } from '../../../src/modules/signing/settings.ts'
import { SignatureCheck } from '../../../src/modules/signing/verification/signature-check.ts'
import { allowsIdentity } from '../../../src/modules/signing/verification/trust.ts'
import { makeCorpus } from './signature-corpus.ts'
import { type Case, content, keyOf, pemOf, sha256 } from './signature-keys.ts'
import { openSigstore } from './sigstore-instance.ts'

let check: SignatureCheck
let corpus: Awaited<ReturnType<typeof makeCorpus>>
let folder: string

beforeAll(async () => {
  const sigstore = await openSigstore()
  folder = await mkdtemp(join(tmpdir(), 'gati-signatures-'))
  const trustedRoot = join(folder, 'trusted_root.json')
  await writeFile(trustedRoot, JSON.stringify(sigstore.trustedRoot()))
  check = new SignatureCheck(Value.Default(SigningSettings, { trustedRoot }) as SigningSettings)
  corpus = await makeCorpus(sigstore)
})
afterAll(() => rm(folder, { recursive: true }))

const verdictOf = ({ evidence, content: about = content, trust = corpus.trust, seenAt }: Omit<Case, 'name' | 'expected'>) =>
  check.check(evidence, { trust, content: about, seenAt: seenAt ?? null })

test('R5.1 P2: every good and broken signature of the corpus gets its verdict', async () => {
  const told = await Promise.all(corpus.cases.map(async (one) => ({ ...one, is: await verdictOf(one) })))
  const accepted = told.filter(({ is }) => is.status === 'verified')
  const good = told.filter(({ expected }) => expected === 'verified')
  const right = accepted.filter(({ expected }) => expected === 'verified')
  const [precision, recall] = [right.length / accepted.length, right.length / good.length]
  console.info(`signatures: ${told.length} cases, ${good.length} good; precision ${precision}, recall ${recall}`)
  const wrong = told.filter(({ is, expected, reason }) => is.status !== expected || (reason && !reason.test(is.reason ?? '')))
  expect(wrong.map(({ name, expected, reason, is }) => ({ name, expected, reason, is }))).toEqual([])
  expect({ precision, recall }).toEqual({ precision: 1, recall: 1 })
  expect([told.length >= 25, good.length >= 10]).toEqual([true, true])
})

test('P2: a signature counts for the key that made it and the digest it was made over, and for nothing else', async () => {
  const pairs = Array.from({ length: 4 }, () => generateKeyPairSync('ed25519'))
  const trustIn = (names: readonly number[]) => ({
    keys: names.map((at) => keyOf(`key-${at}`, pemOf((pairs[at] as (typeof pairs)[number]).publicKey))),
    ...{ allowedKeys: null, identities: [] },
  })
  const key = fc.integer({ min: 0, max: 3 })
  await fc.assert(
    fc.asyncProperty(
      key,
      fc.uniqueArray(key, { maxLength: 4 }),
      fc.tuple(fc.string(), fc.option(fc.string())),
      async (signer, registered, [signed, other]) => {
        const digest = sha256(signed)
        const asked = other === null ? digest : sha256(other)
        const value = sign(null, Buffer.from(digest), (pairs[signer] as (typeof pairs)[number]).privateKey).toString('base64')
        const verdict = await check.check(
          { kind: 'raw', value },
          { trust: trustIn(registered), content: { manifestDigest: asked }, seenAt: null },
        )
        const isGood = registered.includes(signer) && asked === digest
        expect(verdict.status).toBe(isGood ? 'verified' : 'rejected')
        expect(verdict.signer?.keyId ?? null).toBe(isGood ? `key-${signer}` : null)
      },
    ),
    { numRuns: 200 },
  )
})

test('P2: no change of a byte of a good proof leaves it good', async () => {
  const good = corpus.cases.filter(({ expected, evidence, seenAt }) => expected === 'verified' && evidence.kind !== 'openpgp' && !seenAt)
  const about = { manifestDigest: content.manifestDigest }
  const raws = good.filter(({ evidence, name }) => evidence.kind === 'raw' && /over the digest$/.test(name))
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...raws), fc.nat(), fc.integer({ min: 1, max: 255 }), async ({ evidence }, at, mask) => {
      const bytes = Buffer.from(evidence.value, 'base64')
      const index = at % bytes.length
      bytes[index] = (bytes[index] ?? 0) ^ mask
      expect((await verdictOf({ evidence: { ...evidence, value: bytes.toString('base64') }, content: about })).status).toBe('rejected')
    }),
    { numRuns: 200 },
  )
})

test('hostile proofs are rejected with a reason, never thrown', async () => {
  const kinds = ['raw', 'openpgp', 'cosign', 'sigstore-bundle'] as const
  const json = fc.oneof(
    fc.json(),
    fc.string(),
    fc.base64String(),
    fc.constantFrom('null', '7', '{}', '{"__proto__":{"x":1}}', '-----BEGIN PGP SIGNATURE-----'),
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...kinds), json, async (kind, value) => {
      const verdict = await verdictOf({ evidence: { kind, value } })
      expect(verdict).toMatchObject({ status: 'rejected', signer: null })
      expect((verdict.reason ?? '').length).toBeLessThanOrEqual(500)
    }),
    { numRuns: 200 },
  )
  for (const kind of kinds)
    expect(await verdictOf({ evidence: { kind, value: 'A'.repeat(1_000_000) } })).toMatchObject({ status: 'rejected' })
})

test('an identity fits its pattern as people read it', () => {
  const issuer = 'https://issuer.example.org'
  const allows = (pattern: string, subject: string) =>
    allowsIdentity({ keys: [], allowedKeys: null, identities: [{ subject: pattern, issuer }] }, { subject, issuer })
  for (const [pattern, subject] of [
    ['a@b.c', 'a@b.c'],
    ['*', ''],
    ['https://x/*', 'https://x/y/z'],
    ['*@b.c', 'a@b.c'],
    ['a*b*c', 'abc'],
    ['a*b*c', 'aXbYbZc'],
  ] as const)
    expect([pattern, subject, allows(pattern, subject)]).toEqual([pattern, subject, true])
  for (const [pattern, subject] of [
    ['a@b.c', 'a@bxc'],
    ['https://x/*', 'https://x'],
    ['ab*ba', 'aba'],
    ['a*b*c', 'acb'],
    ['A', 'a'],
    ['', 'a'],
  ] as const)
    expect([pattern, subject, allows(pattern, subject)]).toEqual([pattern, subject, false])
  // No pattern takes longer than the text is long.
  const before = performance.now()
  expect(allows(`${'*a'.repeat(200)}!`, 'a'.repeat(10_000))).toBe(false)
  expect(performance.now() - before).toBeLessThan(200)
})
