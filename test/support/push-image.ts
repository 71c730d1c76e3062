import { createHash } from 'node:crypto'

const mediaType = 'application/vnd.oci.image.manifest.v1+json'
const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`

/** Pushes the smallest image there is, by hand. Answers its digest. */
export async function pushImage(target: {
  readonly url: string
  readonly repository: string
  readonly tag: string
  readonly authorization: string
}): Promise<string> {
  const { url, repository, tag, authorization } = target
  const send = async (place: URL, init: { method: string; body?: string }, type = 'application/octet-stream'): Promise<Response> => {
    const answer = await fetch(place, { ...init, headers: { authorization, 'content-type': type } })
    if (!answer.ok) throw new Error(`${init.method} ${place.pathname}: ${answer.status} ${await answer.text()}`)
    return answer
  }
  const config = '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}'
  const opened = await send(new URL(`${url}/v2/${repository}/blobs/uploads/`), { method: 'POST' })
  const upload = new URL(opened.headers.get('location') ?? '', url)
  upload.searchParams.set('digest', digestOf(config))
  await send(upload, { method: 'PUT', body: config })
  const descriptor = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length }
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: descriptor,
    layers: [],
    annotations: { of: `${repository}:${tag}` },
  })
  await send(new URL(`${url}/v2/${repository}/manifests/${tag}`), { method: 'PUT', body: manifest }, mediaType)
  return digestOf(manifest)
}
