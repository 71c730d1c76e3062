import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SignaturesView } from '../../../src/modules/signing/signatures.contract.ts'
import { Effects } from '../../../src/shared/kernel/effects.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { openPublishing } from '../npm/open-publishing.ts'
import { npmDocument, packed } from '../npm/package-tarball.ts'
import { identity, issuer, openSigstore, provenanceType } from './sigstore-instance.ts'

const manifest = { name: '@acme/widget', version: '1.0.0' }

test('npm provenance counts for an identity that the policy allows: the package waits for that, and is refused when it no longer does', async () => {
  await using folder = await temporaryFolder()
  const sigstore = await openSigstore()
  const trustedRoot = join(folder.path, 'trusted_root.json')
  await writeFile(trustedRoot, JSON.stringify(sigstore.trustedRoot()))
  await using door = await openPublishing({ settings: { signing: { trustedRoot } } })
  const settled = () => door.kernel.resolve(Effects).drain(20_000)
  const set = async (path: string, method: string, body: object) =>
    expect([path, (await door.send(method, path, { as: 'ann', body })).status]).toEqual([path, 200])
  const setIdentity = (subject: string) => set('/v1/publishers/acme/signing-policy', 'PUT', { identities: [{ subject, issuer }] })
  await set('/v1/namespaces/acme', 'PATCH', { visibility: 'public', settings: { requireSignedArtifacts: true } })
  await setIdentity('https://github.com/other/*')

  const tarball = await packed(manifest)
  const sha512 = createHash('sha512').update(tarball).digest('hex')
  const bundle = JSON.stringify(await sigstore.bundle({ name: 'pkg:npm/%40acme/widget@1.0.0', sha512 }))
  const document = npmDocument(manifest, tarball)
  const attestation = { content_type: 'application/vnd.dev.sigstore.bundle.v0.3+json', data: bundle, length: bundle.length }
  const _attachments = { ...document._attachments, '@acme/widget-1.0.0.sigstore': attestation }
  expect((await door.put('@acme/widget', { ...document, _attachments })).status).toBe(201)
  await settled()
  const file = '/npm/@acme/widget/-/widget-1.0.0.tgz'
  const fetched = async () => [
    (await door.send('GET', '/npm/@acme%2fwidget', { as: 'bob' })).status,
    (await door.send('GET', file, { as: 'bob' })).status,
    (await door.send('GET', '/v1/artifacts/acme/widget/1.0.0/metadata', { as: 'bob' })).status,
  ]
  expect(await fetched()).toEqual([404, 404, 404])
  const signatures = async (as: string) =>
    (await door.send('GET', '/v1/artifacts/acme/widget/1.0.0/signatures', { as })).json<SignaturesView>()
  const about = { kind: 'provenance', signer: identity, issuer, predicateType: provenanceType }
  expect(await signatures('ann')).toMatchObject({
    verified: false,
    items: [{ ...about, status: 'rejected', reason: expect.stringContaining('does not allow the identity') }],
  })

  await setIdentity('https://github.com/acme/*')
  await settled()
  expect(await signatures('bob')).toMatchObject({ verified: true, items: [{ ...about, status: 'verified' }] })
  expect(await fetched()).toEqual([200, 200, 200])

  await setIdentity('https://github.com/other/*')
  await settled()
  const [, ...bytes] = await fetched()
  expect(bytes).toEqual([403, 403])
})
