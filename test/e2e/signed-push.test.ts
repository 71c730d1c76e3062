import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { packTarball, publishDocument } from '../support/npm-package.ts'
import { umociLayout } from '../support/oci-image.ts'
import { credentials, type OciRegistry, openOciRegistry, pusher, stranger } from '../support/oci-registry.ts'

let oci: OciRegistry
let layout: Awaited<ReturnType<typeof umociLayout>>
const env = { COSIGN_PASSWORD: '', COSIGN_YES: 'true' }
const cosign = (...args: readonly string[]) => oci.run(['cosign', ...args], { env })
const offline = ['--allow-insecure-registry', '--allow-http-registry']
const signWith = (key: string, format: string, image: string) =>
  cosign('sign', ...offline, '--key', `${key}.key`, '--tlog-upload=false', '--use-signing-config=false', format, image)
const verifyWith = (key: string, format: string, image: string) =>
  cosign('verify', ...offline, '--key', `${key}.pub`, '--insecure-ignore-tlog=true', '--private-infrastructure=true', format, image)
const [asBundle, asTag] = ['--new-bundle-format=true', '--new-bundle-format=false']

interface Listed {
  readonly verified: boolean
  readonly reason: string | null
  readonly items: readonly {
    readonly kind: string
    readonly status: string
    readonly reason: string | null
    readonly signer: string | null
  }[]
}

beforeAll(async () => {
  oci = await openOciRegistry()
  layout = await umociLayout(oci, 'signed')
  await cosign('login', '--username', pusher.username, '--password', pusher.password, oci.host)
  for (const name of ['release', 'other', 'old', 'late']) await cosign('generate-key-pair', '--output-key-prefix', name)
  await oci.api('/v1/namespaces/acme', { method: 'PATCH', as: pusher, body: { settings: { requireSignedArtifacts: true } } })
  await register('release')
})
beforeEach(({ onTestFailed }) => onTestFailed(() => console.error(oci.registry.output().slice(-5_000))))
afterAll(() => oci?.[Symbol.asyncDispose]())

async function register(name: string, more: object = {}): Promise<string> {
  const publicKey = await readFile(join(oci.folder, `${name}.pub`), 'utf8')
  const body = { name, publicKey, ...more }
  return ((await oci.api('/v1/publishers/acme/keys', { method: 'POST', as: pusher, body })) as { id: string }).id
}

async function push(name: string, tag = '1'): Promise<string> {
  const target = `docker://${oci.host}/${name}:${tag}`
  const creds = ['--dest-tls-verify=false', '--dest-creds', credentials(pusher)]
  await oci.run(['skopeo', 'copy', '--all', '--preserve-digests', ...creds, `oci:${layout.path}:multi`, target])
  return `${oci.host}/${name}@${layout.index}`
}

/** As somebody who may only read. */
const resolves = async (name: string, tag = '1'): Promise<boolean> => {
  const creds = ['--tls-verify=false', '--creds', credentials(stranger)]
  const { code } = await oci.attempt(['skopeo', 'inspect', '--raw', ...creds, `docker://${oci.host}/${name}:${tag}`])
  return code === 0
}
const signaturesOf = async (path: string): Promise<Listed> =>
  (await oci.api(`/v1/artifacts/${path}/${encodeURIComponent(layout.index)}/signatures`, { as: pusher })) as Listed
const statuses = async (path: string) => (await signaturesOf(path)).items.map(({ status, reason }) => [status, reason])

test.each([
  ['as a bundle that refers to it', 'acme/bundled', asBundle],
  ['under the tag of older releases', 'acme/tagged', asTag],
])('R5.1 decision 4: a push waits until cosign has signed it by digest, %s', async (_, name, format) => {
  const image = await push(name)
  expect(await resolves(name)).toBe(false)
  await signWith('release', format, image)
  await expect.poll(() => resolves(name), { timeout: 20_000, interval: 100 }).toBe(true)
  expect(await signaturesOf(name)).toMatchObject({ verified: true, items: [{ status: 'verified', signer: 'release' }] })
  expect((await verifyWith('release', format, image)).stdout).toContain(layout.index)
})

test('a signature of another identity, and one moved to another manifest, are refused with the reason', async () => {
  const image = await push('acme/refused')
  await signWith('other', asBundle, image)
  await signWith('other', asTag, image)
  const refusal = ['rejected', 'no registered key made its signature']
  await expect.poll(() => statuses('acme/refused'), { timeout: 20_000, interval: 100 }).toEqual([refusal, refusal])
  expect(await resolves('acme/refused')).toBe(false)
  await expect(verifyWith('release', asTag, image)).rejects.toThrow()

  // What cosign made for `acme/tagged` is put over a manifest that was tampered with.
  const source = `${oci.host}/acme/tagged`
  const tampered = join(oci.folder, 'tampered.json')
  const index = JSON.parse(await readFile(join(layout.path, 'blobs/sha256', layout.index.slice('sha256:'.length)), 'utf8')) as object
  await writeFile(tampered, JSON.stringify({ ...index, annotations: { tampered: 'yes' } }))
  const put = await fetch(`${oci.registry.url}/v2/acme/tagged/manifests/evil`, {
    method: 'PUT',
    headers: {
      authorization: `Basic ${Buffer.from(credentials(pusher)).toString('base64')}`,
      'content-type': 'application/vnd.oci.image.index.v1+json',
    },
    body: await readFile(tampered),
  })
  expect(put.status).toBe(201)
  const digest = put.headers.get('docker-content-digest') ?? ''
  const tagOf = (text: string) => `${source}:${text.replace(':', '-')}.sig`
  await oci.run(['crane', 'copy', '--insecure', tagOf(layout.index), tagOf(digest)])
  const signatures = async () =>
    ((await oci.api(`/v1/artifacts/acme/tagged/${encodeURIComponent(digest)}/signatures`, { as: pusher })) as Listed).items
  await expect
    .poll(signatures, { timeout: 20_000, interval: 100 })
    .toMatchObject([{ status: 'rejected', reason: `it is about ${layout.index}, not about this manifest` }])
  expect(await resolves('acme/tagged', 'evil')).toBe(false)
  await expect(verifyWith('release', asTag, `${source}@${digest}`)).rejects.toThrow()
})

test('a signature made with a key that had expired is refused with the reason; one made before stays good', async () => {
  const keyId = await register('old')
  const before = await push('acme/before')
  await signWith('old', asBundle, before)
  await expect.poll(() => resolves('acme/before'), { timeout: 20_000, interval: 100 }).toBe(true)
  const body = { expiresAt: new Date().toISOString() }
  await oci.api(`/v1/publishers/acme/keys/${keyId}`, { method: 'PATCH', as: pusher, body })
  const after = await push('acme/after')
  await signWith('old', asBundle, after)
  await expect
    .poll(() => statuses('acme/after'), { timeout: 20_000, interval: 100 })
    .toEqual([['expired', expect.stringContaining('the key old expired on')]])
  expect([await resolves('acme/before'), await resolves('acme/after')]).toEqual([true, false])
})

test('R5.5: what a compromised key signed is in quarantine within seconds, until cosign signs it with another one', async () => {
  const keyId = await register('late')
  const image = await push('acme/stolen')
  await signWith('late', asBundle, image)
  await expect.poll(() => resolves('acme/stolen'), { timeout: 20_000, interval: 100 }).toBe(true)
  const body = { reason: 'it was on a laptop that is gone', compromised: true }
  await oci.api(`/v1/publishers/acme/keys/${keyId}`, { method: 'DELETE', as: pusher, body })
  await expect.poll(() => resolves('acme/stolen'), { timeout: 20_000, interval: 100 }).toBe(false)
  expect(await resolves('acme/bundled')).toBe(true)
  await signWith('release', asBundle, image)
  await expect.poll(() => resolves('acme/stolen'), { timeout: 20_000, interval: 100 }).toBe(true)
})

test('cosign signs a package of npm through the OCI door, and clients of npm find it then', async () => {
  const manifest = { name: '@acme/widget', version: '1.0.0' }
  const authorization = `Basic ${Buffer.from(credentials(pusher)).toString('base64')}`
  const published = await fetch(`${oci.registry.url}/npm/@acme%2fwidget`, {
    method: 'PUT',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify(publishDocument(manifest, await packTarball(manifest))),
  })
  expect(published.ok).toBe(true)
  const versions = async (): Promise<string[]> => {
    const answer = await fetch(`${oci.registry.url}/npm/@acme%2fwidget`)
    return answer.ok ? Object.keys(((await answer.json()) as { versions: object }).versions) : []
  }
  expect(await versions()).toEqual([])
  const { manifestDigest } = (await oci.api('/v1/artifacts/acme/widget/1.0.0/metadata', { as: pusher })) as { manifestDigest: string }
  const image = `${oci.host}/npm/acme/widget@${manifestDigest}`
  await signWith('release', asBundle, image)
  await expect.poll(versions, { timeout: 20_000, interval: 100 }).toEqual(['1.0.0'])
  expect((await verifyWith('release', asBundle, image)).stdout).toContain(manifestDigest)
})

test('raw signatures of openssl are taken over REST', async () => {
  const image = await push('acme/openssl')
  const openssl = (...args: readonly string[]) => promisify(execFile)('openssl', args, { cwd: oci.folder })
  await openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'raw.key')
  await openssl('ec', '-in', 'raw.key', '-pubout', '-out', 'raw.pub')
  await register('raw')
  await writeFile(join(oci.folder, 'digest'), layout.index)
  await openssl('dgst', '-sha256', '-sign', 'raw.key', '-out', 'signature', 'digest')
  const value = (await readFile(join(oci.folder, 'signature'))).toString('base64')
  const path = `/v1/artifacts/acme/openssl/${encodeURIComponent(image.split('@')[1] ?? '')}/signatures`
  await oci.api(path, { method: 'POST', as: pusher, body: { kind: 'raw', value } })
  expect(await resolves('acme/openssl')).toBe(true)
})

test('detached signatures of gpg are taken over REST', async () => {
  const image = await push('acme/gpg')
  const digest = image.split('@')[1] ?? ''
  await mkdir(join(oci.folder, 'gnupg'), { mode: 0o700 })
  const gpg = (...args: readonly string[]) =>
    oci.run(['gpg', '--batch', '--homedir', 'gnupg', '--pinentry-mode', 'loopback', '--passphrase', '', ...args])
  await gpg('--quick-generate-key', 'Release <release@acme.example>', 'ed25519', 'sign', '1y')
  await writeFile(join(oci.folder, 'gpg.pub'), (await gpg('--armor', '--export')).stdout)
  await register('gpg')
  await writeFile(join(oci.folder, 'signed-digest'), digest)
  await gpg('--armor', '--output', 'digest.asc', '--detach-sign', 'signed-digest')
  const value = await readFile(join(oci.folder, 'digest.asc'), 'utf8')
  await oci.api(`/v1/artifacts/acme/gpg/${encodeURIComponent(digest)}/signatures`, {
    method: 'POST',
    as: pusher,
    body: { kind: 'openpgp', value },
  })
  expect(await resolves('acme/gpg')).toBe(true)
})
