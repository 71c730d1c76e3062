import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Value } from '@sinclair/typebox/value'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { BundleVerifierService } from '../../../src/modules/signing/bundle-verifier.service.ts'
import { noVerifier } from '../../../src/modules/signing/no-verifier.ts'
import { SigningSettings } from '../../../src/modules/signing/settings.ts'
import { identity, issuer, openSigstore, provenanceType, sha512 } from './sigstore-instance.ts'

const subject = { name: 'pkg:npm/%40acme/widget@1.0.0', sha512: sha512('tarball') }

let sigstore: Awaited<ReturnType<typeof openSigstore>>
beforeAll(async () => {
  sigstore = await openSigstore()
})

async function openVerifier(given: Partial<SigningSettings> = {}, root: unknown = sigstore.trustedRoot()) {
  const folder = await mkdtemp(join(tmpdir(), 'gati-signing-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const trustedRoot = join(folder, 'trusted_root.json')
  await writeFile(trustedRoot, JSON.stringify(root))
  return BundleVerifierService.open(Value.Default(SigningSettings, { trustedRoot, ...given }) as SigningSettings)
}

const refusal = (reason: string | RegExp) =>
  expect.objectContaining({ code: 'signing.bundle_invalid', message: expect.stringMatching(reason) })

test('a provenance bundle of a trusted instance tells its statement and who signed it', async () => {
  const verifier = await openVerifier()
  const found = await verifier.verify(await sigstore.bundle(), subject)
  expect(found).toMatchObject({ predicateType: provenanceType, identity: { subject: identity, issuer } })
  expect(found.statement).toMatchObject({ subject: [{ name: subject.name }] })
})

test('what is kept of a bundle verifies again and holds nothing that was slipped in', async () => {
  const verifier = await openVerifier()
  const { bundle } = await verifier.verify({ ...(await sigstore.bundle()), extra: 'x'.repeat(10_000) }, subject)
  expect(bundle).not.toHaveProperty('extra')
  await expect(verifier.verify(JSON.parse(JSON.stringify(bundle)), subject)).resolves.toMatchObject({ predicateType: provenanceType })
})

test('the sha512 of a subject may be written in capitals', async () => {
  const verifier = await openVerifier()
  await expect(verifier.verify(await sigstore.bundle({ sha512: subject.sha512.toUpperCase() }), subject)).resolves.toBeDefined()
})

test('a statement of in-toto v0.1 with SLSA provenance v0.2 is accepted', async () => {
  const verifier = await openVerifier()
  const statement = {
    ...{ _type: 'https://in-toto.io/Statement/v0.1', predicateType: 'https://slsa.dev/provenance/v0.2', predicate: {} },
    subject: [{ name: subject.name, digest: { sha512: subject.sha512 } }],
  }
  await expect(verifier.verify(await sigstore.bundle({ statement }), subject)).resolves.toMatchObject({
    predicateType: 'https://slsa.dev/provenance/v0.2',
  })
})

const ofRepository = {
  uri: { oid: '1.3.6.1.4.1.57264.1.12', value: 'https://github.com/acme/widget' },
  name: { oid: '1.3.6.1.4.1.57264.1.5', value: 'acme/widget', legacy: true },
  long: { oid: '1.3.6.1.4.1.57264.1.12', value: `https://gitlab.example.org/${'group/'.repeat(30)}widget` },
}
const v1 = (repository: unknown) => ({
  ...{ _type: 'https://in-toto.io/Statement/v1', predicateType: provenanceType },
  predicate: {
    buildDefinition: { externalParameters: { workflow: { ref: 'refs/heads/main', repository, path: '.github/workflows/x.yml' } } },
  },
  subject: [{ name: subject.name, digest: { sha512: subject.sha512 } }],
})
const v02 = (uri: unknown) => ({
  ...{ _type: 'https://in-toto.io/Statement/v0.1', predicateType: 'https://slsa.dev/provenance/v0.2' },
  predicate: { invocation: { configSource: { uri, entryPoint: 'publish' } } },
  subject: [{ name: subject.name, digest: { sha512: subject.sha512 } }],
})

test('provenance of the repository that its certificate is of is accepted, as clients spell it', async () => {
  const verifier = await openVerifier()
  const accepted = [
    [v1('https://github.com/acme/widget'), [ofRepository.uri]],
    [v1('https://github.com/acme/widget'), [ofRepository.name]],
    [v02('git+https://github.com/acme/widget@refs/heads/main'), [ofRepository.uri, ofRepository.name]],
    [v02(`git+${ofRepository.long.value}`), [ofRepository.long]],
    // Where one of the two names none, there is nothing to compare.
    [v1('https://github.com/acme/other'), []],
    [v1(undefined), [ofRepository.uri]],
    [{ ...v1('https://github.com/acme/other'), predicateType: 'https://example.org/else' }, [ofRepository.uri]],
  ] as const
  for (const [statement, extensions] of accepted)
    await expect(
      verifier.verify(await sigstore.bundle({ statement, extensions }), subject),
      JSON.stringify(statement),
    ).resolves.toBeDefined()
})

test('provenance that names another repository than its certificate is refused', async () => {
  const verifier = await openVerifier()
  const refused = [
    [v1('https://github.com/acme/other'), [ofRepository.uri]],
    [v1('https://github.com/acme/widget.evil'), [ofRepository.uri]],
    [v1('https://github.example.org/acme/widget'), [ofRepository.uri]],
    [v1('https://github.example.org/acme/widget'), [ofRepository.name]],
    [v1('https://github.com/acme/other'), [ofRepository.name]],
    [v1('acme/widget'), [ofRepository.uri]],
    [v1(['https://github.com/acme/widget']), [ofRepository.uri]],
    [v02('git+https://github.com/acme/other@refs/heads/main'), [ofRepository.uri]],
    [v02('git+https://github.com@evil.example/acme/widget'), [ofRepository.uri]],
    [v02(`git+${ofRepository.long.value}s`), [ofRepository.long]],
  ] as const
  for (const [statement, extensions] of refused)
    await expect(verifier.verify(await sigstore.bundle({ statement, extensions }), subject), JSON.stringify(statement)).rejects.toEqual(
      refusal('names the repository'),
    )
})

test('a bundle about another package or another version is refused', async () => {
  const verifier = await openVerifier()
  const other = await sigstore.bundle({ name: 'pkg:npm/%40acme/widget@1.0.1' })
  await expect(verifier.verify(other, subject)).rejects.toEqual(refusal('is about pkg:npm/%40acme/widget@1.0.1, not about'))
})

test('a bundle about other bytes is refused', async () => {
  const verifier = await openVerifier()
  await expect(verifier.verify(await sigstore.bundle({ sha512: sha512('other') }), subject)).rejects.toEqual(refusal('sha512 differs'))
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    predicateType: provenanceType,
    subject: [{ name: subject.name, digest: {} }],
  }
  await expect(verifier.verify(await sigstore.bundle({ statement }), subject)).rejects.toEqual(refusal('sha512 differs'))
})

test('a subject that is listed with the right digest and with a wrong one is refused', async () => {
  const verifier = await openVerifier()
  const named = (digest: string) => ({ name: subject.name, digest: { sha512: digest } })
  const statement = {
    ...{ _type: 'https://in-toto.io/Statement/v1', predicateType: provenanceType },
    subject: [named(subject.sha512), named(sha512('other'))],
  }
  await expect(verifier.verify(await sigstore.bundle({ statement }), subject)).rejects.toEqual(refusal('sha512 differs'))
})

test('a payload that was changed after it was signed is refused', async () => {
  const verifier = await openVerifier()
  const bundle = await sigstore.bundle({ sha512: sha512('other') })
  const text = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString()
  bundle.dsseEnvelope.payload = Buffer.from(text.replace(sha512('other'), subject.sha512)).toString('base64')
  await expect(verifier.verify(bundle, subject)).rejects.toEqual(refusal(/hash mismatch|signature/))
})

test('a signature of another bundle is refused', async () => {
  const verifier = await openVerifier()
  const [one, two] = [await sigstore.bundle(), await sigstore.bundle()]
  await expect(verifier.verify({ ...one, dsseEnvelope: two.dsseEnvelope }, subject)).rejects.toEqual(refusal(/signature mismatch/))
})

test('a certificate of an unknown authority is refused', async () => {
  const verifier = await openVerifier()
  const stranger = await openSigstore()
  await expect(verifier.verify(await stranger.bundle(), subject)).rejects.toEqual(refusal(/certificate|trust/i))
})

test('a certificate that had expired when the signature was logged is refused', async () => {
  const verifier = await openVerifier()
  const late = await sigstore.bundle({ loggedAt: new Date(Date.now() + 3_600_000) })
  await expect(verifier.verify(late, subject)).rejects.toEqual(refusal(/expired|not yet valid|valid|certificate/i))
})

test('a bundle without an entry of a log is refused, unless no log is asked for; its certificate needs a time in any case', async () => {
  const bundle = await sigstore.bundle()
  const bare = { ...bundle, verificationMaterial: { ...bundle.verificationMaterial, tlogEntries: [] } }
  await expect((await openVerifier()).verify(bare, subject)).rejects.toEqual(refusal('no timestamp'))
  await expect((await openVerifier({ tlogThreshold: 0 })).verify(bare, subject)).rejects.toEqual(refusal('no timestamp'))
})

test('more log entries can be asked for than there are', async () => {
  const verifier = await openVerifier({ tlogThreshold: 2 })
  await expect(verifier.verify(await sigstore.bundle(), subject)).rejects.toEqual(refusal('expected 2 tlog entries, got 1'))
})

test('a plain key is good by its hint when it is trusted', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gati-signing-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const file = join(folder, 'key.pem')
  await writeFile(file, publicKey.export({ type: 'spki', format: 'pem' }))
  const verifier = await openVerifier({ trustedKeys: [{ hint: 'release', file }] })
  const predicateType = 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1'

  const found = await verifier.verify(await sigstore.keyBundle(privateKey, 'release', { predicateType }), subject)
  expect(found).toMatchObject({ predicateType })
  expect(found).not.toHaveProperty('identity')
  for (const hint of ['other', '__proto__', 'constructor'])
    await expect(verifier.verify(await sigstore.keyBundle(privateKey, hint), subject)).rejects.toEqual(
      refusal('no trusted key has this hint'),
    )
  const forger = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  await expect(verifier.verify(await sigstore.keyBundle(forger.privateKey, 'release'), subject)).rejects.toEqual(refusal('signature'))
})

test('what is no bundle of a statement is refused with the reason', async () => {
  const verifier = await openVerifier()
  for (const nothing of [undefined, null, 'text', 7, [], {}, { mediaType: 'application/json' }])
    await expect(verifier.verify(nothing, subject)).rejects.toEqual(refusal(''))
  await expect(verifier.verify(await sigstore.bundle({ payloadType: 'text/plain' }), subject)).rejects.toEqual(
    refusal('no in-toto statement'),
  )
  await expect(verifier.verify(await sigstore.bundle({ statement: { subject: 'x' } }), subject)).rejects.toEqual(
    refusal('no in-toto statement'),
  )
  const bundle = await sigstore.bundle()
  const broken = { ...bundle, verificationMaterial: { ...bundle.verificationMaterial, certificate: { rawBytes: 'AAAA' } } }
  await expect(verifier.verify(broken, subject)).rejects.toEqual(refusal(''))
})

test('a trusted root that cannot be read stops the boot and is named', async () => {
  await expect(openVerifier({}, 'not a root')).rejects.toThrow(/signing\.trustedRoot: .*trusted_root\.json/)
  await expect(openVerifier({ trustedRoot: join(tmpdir(), 'absent.json') })).rejects.toThrow(/signing\.trustedRoot: .*absent\.json/)
})

test('without a trusted root nothing is accepted', async () => {
  await expect(noVerifier.verify(await sigstore.bundle(), subject)).rejects.toMatchObject({ code: 'signing.no_trusted_root' })
})
