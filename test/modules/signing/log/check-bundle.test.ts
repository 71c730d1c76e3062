import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Failure } from '../../../../src/cli/failure.ts'
import type { Bundle } from '../../../../src/cli/verify/bundle.ts'
import { parseBundle } from '../../../../src/cli/verify/bundle.ts'
import { checkBundle } from '../../../../src/cli/verify/check-bundle.ts'
import { appendLeaves } from '../../../../src/modules/signing/log/tiles.ts'
import { Tree } from '../../../../src/modules/signing/log/tree.ts'
import { signCheckpoint } from '../../../../src/shared/transparency/checkpoint.ts'
import { type LoggedFact, leafHashOf, signedText } from '../../../../src/shared/transparency/log-entry.ts'
import { leafHash } from '../../../../src/shared/transparency/merkle.ts'
import { parseVerifier, verifierText } from '../../../../src/shared/transparency/signed-note.ts'

const origin = 'registry.example'
const logKey = generateKeyPairSync('ed25519')
const registryKey = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const trust = { verifier: parseVerifier(verifierText(origin, logKey.publicKey)) }
const wanted = { namespace: 'acme', name: 'team/widget', version: '1.0.0' }
const time = '2026-11-21T10:00:00.000Z'
const manifest = Buffer.from('{"schemaVersion":2}')
const digest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`
const pinned = {
  ...{ keyid: 'SHA256:one', keytype: 'ecdsa-sha2-nistp256', scheme: 'ecdsa-sha2-nistp256', expires: null as string | null },
  key: registryKey.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
}

/** A log of some entries of others, and these; with everything a registry answers about them. */
async function bundleOf(facts: readonly LoggedFact[], privateKey = logKey.privateKey): Promise<Bundle> {
  const entries = facts.map((fact, at) => ({ ...fact, salt: randomBytes(32), index: 5 + at }))
  const others = (count: number) => Array.from({ length: count }, () => leafHash(randomBytes(8)))
  const leaves = [...others(5), ...entries.map(({ salt, index: _index, ...fact }) => leafHashOf(fact, salt)), ...others(9)]
  const [tile] = appendLeaves(0, [], leaves)
  const tree = new Tree(async () => tile?.hashes ?? Buffer.alloc(0))
  const proven = entries.map(async ({ salt, ...entry }) => ({
    ...entry,
    salt: salt.toString('base64'),
    proof: (await tree.inclusion(entry.index, leaves.length)).map((hash) => hash.toString('base64')),
  }))
  const version = facts.find(({ kind }) => kind === 'version')
  return {
    v: 1,
    manifest: manifest.toString('base64'),
    proof: {
      ...{ v: 1, reference: facts[0]?.reference ?? '', manifestDigest: digest, origin, key: verifierText(origin, logKey.publicKey) },
      ...{ retiredKeys: [], registryKeys: [pinned], publisherSignatures: [], entries: await Promise.all(proven) },
      checkpoint: signCheckpoint({ size: leaves.length, root: await tree.root(leaves.length) }, { name: origin, privateKey }),
      signature: version
        ? { keyid: pinned.keyid, sig: sign('sha256', Buffer.from(signedText(version)), registryKey.privateKey).toString('base64') }
        : null,
    },
  }
}

const version: LoggedFact = { kind: 'version', namespace: 'acme', name: 'team/widget', format: 'npm', reference: '1.0.0', digest, time }
const tag: LoggedFact = { ...version, kind: 'tag', reference: 'latest' }
const good = await bundleOf([version])
const tagged = await bundleOf([tag, version])

/** A deep copy with one member at another value. */
function changed(bundle: Bundle, path: string, value: unknown): Bundle {
  const copy = structuredClone(bundle)
  const members = path.split('.')
  const last = members.pop() ?? ''
  const place = members.reduce<unknown>((found, member) => Reflect.get(found as object, member), copy)
  Reflect.set(place as object, last, value)
  return copy
}
const reasonOf = (bundle: Bundle, about = wanted, believing: Parameters<typeof checkBundle>[2] = trust): string => {
  try {
    checkBundle(bundle, about, believing)
    return 'verified'
  } catch (error) {
    return (error as Error).message
  }
}

test('what the registry answered is verified without asking anybody', () => {
  const checkpoint = { origin, size: 15 }
  expect(checkBundle(good, wanted, trust)).toMatchObject({
    kind: 'version',
    version: '1.0.0',
    digest,
    index: 5,
    signedBy: pinned.keyid,
    checkpoint,
  })
  expect(checkBundle(tagged, { ...wanted, version: 'latest' }, trust)).toMatchObject({
    kind: 'tag',
    version: '1.0.0',
    digest,
    loggedAt: time,
  })
  expect(checkBundle(good, { ...wanted, format: 'npm' } as typeof wanted, { ...trust, registryKeys: [pinned] }).signedBy).toBe(pinned.keyid)
})

test('a tag of an image that is no version needs no signature of the registry', async () => {
  expect(checkBundle(await bundleOf([tag]), { ...wanted, version: 'latest' }, trust)).toMatchObject({ version: null, signedBy: null })
})

const hash = createHash('sha256').update('other').digest()
const otherKey = generateKeyPairSync('ed25519')
describe('P2: what was changed is refused, and why', () => {
  test.each<[string, Bundle, string]>([
    ['a manifest', changed(good, 'manifest', Buffer.from('{"schemaVersion":3}').toString('base64')), 'the manifest was changed'],
    ['a digest', changed(good, 'proof.entries.0.digest', `sha256:${hash.toString('hex')}`), 'the registry points to'],
    ['what a name points to', changed(good, 'proof.manifestDigest', `sha256:${hash.toString('hex')}`), 'the registry points to'],
    ['a proof', changed(good, 'proof.entries.0.proof.1', hash.toString('base64')), 'its proof of inclusion does not hold'],
    ['a shorter proof', changed(good, 'proof.entries.0.proof', good.proof.entries[0]?.proof.slice(1)), 'does not hold'],
    ['a salt', changed(good, 'proof.entries.0.salt', hash.toString('base64')), 'does not hold'],
    ['an empty salt', changed(good, 'proof.entries.0.salt', ''), 'does not hold'],
    ['a place', changed(good, 'proof.entries.0.index', 4), 'does not hold'],
    ['a place beyond the log', changed(good, 'proof.entries.0.index', 15), 'does not hold'],
    ['a time', changed(good, 'proof.entries.0.time', '2025-11-21T10:00:00.000Z'), 'does not hold'],
    ['a checkpoint', changed(good, 'proof.checkpoint', good.proof.checkpoint.replace('\n15\n', '\n16\n')), 'does not fit its text'],
    [
      'a checkpoint of another log',
      changed(good, 'proof.checkpoint', good.proof.checkpoint.replaceAll(origin, 'evil.example')),
      'not signed by',
    ],
    ['no entry', changed(good, 'proof.entries', []), 'no entry'],
    ['no signature', changed(good, 'proof.signature', null), 'has not signed 1.0.0'],
    ['a signature', changed(good, 'proof.signature.sig', hash.toString('base64')), "the registry's signature of 1.0.0 does not hold"],
    ['a key id', changed(good, 'proof.signature.keyid', 'SHA256:two'), 'signed with a key of the registry that is not known'],
    ['a key', changed(good, 'proof.registryKeys.0.key', 'bm8ga2V5'), 'does not hold'],
    ['an expired key', changed(good, 'proof.registryKeys.0.expires', '2026-11-21T09:00:00.000Z'), 'expired at 2026-11-21T09:00:00.000Z'],
    ['a version taken back', changed(good, 'proof.entries.0.kind', 'unpublished'), 'do not belong together'],
    ['three entries', changed(good, 'proof.entries', [...good.proof.entries, ...tagged.proof.entries]), 'no entry of the log'],
  ])('%s', (_what, bundle, reason) => {
    expect(reasonOf(bundle)).toContain(reason)
  })

  test('the key of another log, or another key of this one', async () => {
    const forged = await bundleOf([version], otherKey.privateKey)
    expect(reasonOf(forged)).toContain('signed with another key of registry.example')
    const theirs = { verifier: parseVerifier(verifierText('other.example', otherKey.publicKey)) }
    expect(reasonOf(good, wanted, theirs)).toContain('not signed by other.example')
  })

  test('keys that the bundle brings do not count beside those that are pinned', () => {
    const mine = { ...pinned, keyid: 'SHA256:mine' }
    expect(reasonOf(good, wanted, { ...trust, registryKeys: [mine] })).toContain('not known: SHA256:one')
  })

  test('a good bundle of something else than what was asked for', () => {
    expect(reasonOf(good, { ...wanted, name: 'widget' })).toContain('not about acme/widget')
    expect(reasonOf(good, { ...wanted, version: '1.0.1' })).toContain('not about 1.0.1')
    expect(reasonOf(good, { ...wanted, format: 'oci' } as typeof wanted)).toContain('about npm acme/team/widget')
    expect(reasonOf(good, { ...wanted, version: 'latest' })).toContain('not about latest')
  })

  test('a tag with a version that it does not point to, or that was removed', async () => {
    const latest = { ...wanted, version: 'latest' }
    const other = await bundleOf([tag, { ...version, digest: `sha256:${hash.toString('hex')}` }])
    expect(reasonOf(other, latest)).toContain('do not belong together')
    expect(reasonOf(await bundleOf([tag, { ...version, name: 'widget' }]), latest)).toContain('do not belong together')
    expect(reasonOf(await bundleOf([{ ...tag, digest: null }]), latest)).toContain('the tag was removed')
  })

  test('a text of which any character was changed is refused, or tells the very same', () => {
    const text = JSON.stringify(tagged)
    const latest = { ...wanted, version: 'latest' }
    const told = checkBundle(tagged, latest, trust)
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('a', 'B', '7', '"', '{', '\\', '='), (at, character) => {
        try {
          expect(checkBundle(parseBundle(text.slice(0, at) + character + text.slice(at + 1), 'file'), latest, trust)).toEqual(told)
        } catch (error) {
          expect(error).toBeInstanceOf(Failure)
        }
      }),
      { numRuns: 500 },
    )
  })
})

test.each(['', '{', '[]', '{"v":2}', '{"v":1,"manifest":"","proof":{}}'])('what is no bundle says so: %s', (text) => {
  expect(() => parseBundle(text, 'bundle.json')).toThrow(/bundle.json is no verification bundle/)
})
