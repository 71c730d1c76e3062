import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import artifacts from '../../../src/modules/artifacts/module.ts'
import auth from '../../../src/modules/auth/module.ts'
import metadata from '../../../src/modules/metadata/module.ts'
import oci from '../../../src/modules/oci/module.ts'
import signing from '../../../src/modules/signing/module.ts'
import type { PublisherKeyView } from '../../../src/modules/signing/publisher.contract.ts'
import type { SignaturesView } from '../../../src/modules/signing/signatures.contract.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { Effects } from '../../../src/shared/kernel/effects.ts'
import { type Answer, imageOf, openDoor, sha256 } from '../oci/open-door.ts'
import { simpleSigning } from './signature-keys.ts'

export interface Problem {
  readonly code: string
  readonly message: string
  readonly details: Record<string, unknown>
}

/** A registry with the people `ada` (namespace public) and `eve`, and what they do to sign. */
export async function openSigning(settings: object = {}) {
  const door = await openDoor({ modules: [auth, metadata, artifacts, signing, oci], settings: { signing: settings } })
  for (const name of ['ada', 'eve']) await door.user(name)
  await door.makePublic('ada', 'ada')
  const ada = door.client('ada')
  const rest = (method: string, path: string, { as, body }: { readonly as?: string; readonly body?: unknown } = {}): Promise<Answer> =>
    door.send(method, path, {
      ...(as && { as }),
      ...(body !== undefined && {
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    })
  const expectJson = async <T>(answering: Promise<Answer>, status: number): Promise<T> =>
    (await door.expectStatus(answering, status)).json<T>()
  const requireSigned = (isRequired: boolean) =>
    expectJson(rest('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { settings: { requireSignedArtifacts: isRequired } } }), 200)
  const register = (name: string, publicKey: string, more: object = {}) =>
    expectJson<PublisherKeyView>(rest('POST', '/v1/publishers/ada/keys', { as: 'ada', body: { name, publicKey, ...more } }), 201)
  const settled = () => door.kernel.resolve(Effects).drain(20_000)
  /** As cosign does with `--new-bundle-format=false`. */
  const cosignTag = async (
    repository: string,
    digest: string,
    { key, about = digest }: { readonly key: KeyObject; readonly about?: string },
  ): Promise<void> => {
    const payload = simpleSigning(about)
    for (const bytes of [Buffer.from('{}'), payload]) await ada.pushBlob(repository, bytes)
    const layer = {
      ...{ mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json', digest: sha256(payload), size: payload.length },
      annotations: { 'dev.cosignproject.cosign/signature': sign('sha256', payload, key).toString('base64') },
    }
    await door.expectStatus(ada.putManifest(`${repository} ${digest.replace(':', '-')}.sig`, { ...imageOf([]), layers: [layer] }), 201)
  }
  /** As cosign v3 attaches what it signs. */
  const attach = async (repository: string, digest: string, bundle: object): Promise<string> => {
    const content = Buffer.from(JSON.stringify(bundle))
    for (const bytes of [Buffer.from('{}'), content]) await ada.pushBlob(repository, bytes)
    const mediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json'
    const subject = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 2 }
    const layers = [{ mediaType, digest: sha256(content), size: content.length }]
    const text = JSON.stringify({ ...imageOf([]), layers, subject, artifactType: mediaType })
    await door.expectStatus(ada.putManifest(`${repository} ${sha256(text)}`, text), 201)
    return sha256(text)
  }
  const signatures = (name: string, reference: string, as = 'ada') =>
    expectJson<SignaturesView>(rest('GET', `/v1/artifacts/ada/${name}/${encodeURIComponent(reference)}/signatures`, { as }), 200)
  const addRaw = (name: string, reference: string, body: object) =>
    rest('POST', `/v1/artifacts/ada/${name}/${encodeURIComponent(reference)}/signatures`, { as: 'ada', body })
  const found = async (as: string, repository: string, reference: string): Promise<Answer> =>
    door.send('GET', `/v2/${repository}/manifests/${reference}`, { as })
  return {
    ...{ door, ada, rest, expectJson, requireSigned, register, settled, cosignTag, attach, signatures, addRaw, found },
    ...{ kernel: door.kernel, sql: door.kernel.resolve(Database).sql },
    [Symbol.asyncDispose]: () => door[Symbol.asyncDispose](),
  }
}
export type Signing = Awaited<ReturnType<typeof openSigning>>

export const pair = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
export const rawOver = (digest: string, key: KeyObject): { kind: 'raw'; value: string } => ({
  ...{ kind: 'raw' as const },
  value: sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', Buffer.from(digest), key).toString('base64'),
})
