import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { openSigstore, provenanceType } from '../signing/sigstore-instance.ts'
import { openPublishing } from './open-publishing.ts'
import { npmDocument, packed } from './package-tarball.ts'

const manifest = { name: '@acme/widget', version: '1.0.0' }
const hexOf = (bytes: Buffer): string => createHash('sha512').update(bytes).digest('hex')

async function openTrusting() {
  const folder = await temporaryFolder()
  const sigstore = await openSigstore()
  const trustedRoot = join(folder.path, 'trusted_root.json')
  await writeFile(trustedRoot, JSON.stringify(sigstore.trustedRoot()))
  const door = await openPublishing({ settings: { signing: { trustedRoot } } })
  const tarball = await packed(manifest)
  const publish = (bundle: string) => {
    const document = npmDocument(manifest, tarball)
    const attestation = { content_type: 'application/vnd.dev.sigstore.bundle.v0.3+json', data: bundle, length: bundle.length }
    return door.put('@acme/widget', { ...document, _attachments: { ...document._attachments, '@acme/widget-1.0.0.sigstore': attestation } })
  }
  return {
    ...{ door, sigstore, tarball, publish },
    async [Symbol.asyncDispose]() {
      await door[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

test('a provenance bundle is verified, kept and told of in the document', async () => {
  await using at = await openTrusting()
  const bundle = await at.sigstore.bundle({ name: 'pkg:npm/%40acme/widget@1.0.0', sha512: hexOf(at.tarball) })
  expect((await at.publish(JSON.stringify(bundle))).status).toBe(201)
  const { versions } = (await at.door.send('GET', '/npm/@acme%2fwidget', { as: 'ann' })).json<{
    versions: Record<string, { dist: { attestations: { url: string } } }>
  }>()
  const { attestations } = versions['1.0.0']?.dist ?? {}
  expect(attestations).toEqual({ url: expect.stringMatching(/^http/), provenance: { predicateType: provenanceType } })
  // npm asks at the origin of the registry for the path of that URL.
  const { pathname } = new URL(attestations?.url ?? '')
  const kept = (await at.door.send('GET', pathname, { as: 'ann' })).json<{ attestations: { predicateType: string; bundle: object }[] }>()
  const { payload } = bundle.dsseEnvelope
  expect(kept.attestations).toMatchObject([{ predicateType: provenanceType, bundle: { dsseEnvelope: { payload } } }])
})

test('a bundle that speaks of something else, or is none, is refused, and nothing is published', async () => {
  await using at = await openTrusting()
  const right = { name: 'pkg:npm/%40acme/widget@1.0.0', sha512: hexOf(at.tarball) }
  const bundles = [
    JSON.stringify(await at.sigstore.bundle({ ...right, name: 'pkg:npm/%40acme/widget@1.0.1' })),
    JSON.stringify(await at.sigstore.bundle({ ...right, name: 'pkg:npm/%40evil/widget@1.0.0' })),
    JSON.stringify(await at.sigstore.bundle({ ...right, sha512: hexOf(Buffer.from('other bytes')) })),
    '{}',
    'null',
  ]
  for (const bundle of bundles) {
    const answer = await at.publish(bundle)
    expect([answer.status, answer.code]).toEqual([400, 'signing.bundle_invalid'])
  }
  expect((await at.publish('not JSON')).code).toBe('request.invalid_json')
  expect((await at.door.send('GET', '/npm/@acme%2fwidget', { as: 'ann' })).status).toBe(404)
})
