import { afterAll, beforeAll, expect, test } from 'vitest'
import { openReceiver, validSignatures } from '../modules/notifications/receiver.ts'
import { packTarball, publishDocument } from '../support/npm-package.ts'
import { umociLayout } from '../support/oci-image.ts'
import { credentials, type OciRegistry, openOciRegistry, pusher } from '../support/oci-registry.ts'

let oci: OciRegistry
let receiver: Awaited<ReturnType<typeof openReceiver>>
let secret: string
const authorization = `Basic ${Buffer.from(credentials(pusher)).toString('base64')}`

beforeAll(async () => {
  receiver = await openReceiver()
  oci = await openOciRegistry({ env: { REGISTRY_OUTBOUND_ALLOW: '["127.0.0.1"]' } })
  const body = { url: receiver.url, events: ['metadata.version_published', 'metadata.tag_moved'] }
  ;({ secret } = (await oci.api('/v1/namespaces/acme/webhooks', { method: 'POST', as: pusher, body })) as { secret: string })
  // The first publish of a process loads what the others find loaded.
  await publishThroughRest('warm')
  await untilAllSay('warm', 'generic', '1.0.0')
})
afterAll(async () => {
  await oci?.[Symbol.asyncDispose]()
  await receiver?.[Symbol.asyncDispose]()
})

async function publishThroughRest(name: string): Promise<void> {
  const answer = await fetch(`${oci.registry.url}/v1/artifacts/acme/${name}/1.0.0`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/octet-stream' },
    body: `the bytes of ${name}`,
  })
  expect(answer.status).toBe(201)
}

async function publishThroughNpm(name: string): Promise<void> {
  const manifest = { name: `@acme/${name}`, version: '1.0.0' }
  const answer = await fetch(`${oci.registry.url}/npm/@acme%2f${name}`, {
    method: 'PUT',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify(publishDocument(manifest, await packTarball(manifest))),
  })
  expect(answer.ok).toBe(true)
}

async function publishThroughOci(name: string): Promise<void> {
  const { path } = await umociLayout(oci, name)
  const creds = ['--dest-tls-verify=false', '--dest-creds', credentials(pusher)]
  await oci.run(['skopeo', 'copy', ...creds, `oci:${path}:amd64`, `docker://${oci.host}/acme/${name}:1.0.0`])
}

/** Milliseconds until graph, scan, log, search and webhook have all told of it. */
async function untilAllSay(name: string, format: string, version: string): Promise<number> {
  const began = performance.now()
  const read = (path: string) =>
    oci.api(`/v1/artifacts/acme/${name}/${path}${path.includes('?') ? '&' : '?'}format=${format}`, { as: pusher }).catch(() => undefined)
  const said = {
    graph: async () =>
      ((await read('-/graph')) as { nodes: { version: string }[] } | undefined)?.nodes.some((node) => node.version === version),
    scan: async () => ((await read(`${version}/scan`)) as { status: string } | undefined)?.status === 'completed',
    log: async () => ((await read('-/log/entries')) as { items: unknown[] } | undefined)?.items.length,
    search: async () => {
      const found = (await oci.api(`/v1/search?query=${name}&namespace=acme&format=${format}`, { as: pusher })) as {
        items: { name: string; version: string | null }[]
      }
      // What an image is called by is a tag.
      return found.items.some((item) => item.name === name && (format === 'oci' || item.version === version))
    },
    webhook: async () => receiver.received.some((one) => one.body.includes(`acme/${name}`) && validSignatures(one, secret) === 1),
  }
  const waiting = new Set(Object.entries(said))
  while (waiting.size > 0) {
    for (const entry of waiting) if (await entry[1]()) waiting.delete(entry)
    const took = performance.now() - began
    if (took > 15_000)
      throw new Error(
        `${[...waiting].map(([what]) => what).join(', ')} said nothing of ${name} (${JSON.stringify(receiver.received.map((one) => one.body.slice(0, 600)))}):\n${oci.registry.output().slice(-5_000)}`,
      )
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  return performance.now() - began
}

test.each([
  ['REST', 'generic', publishThroughRest],
  ['npm', 'npm', publishThroughNpm],
  ['OCI', 'oci', publishThroughOci],
])('what is published through %s is in the graph, scanned, logged, found and told of within two seconds', async (door, format, publish) => {
  const name = `through-${door.toLowerCase()}`
  await publish(name)
  const took = await untilAllSay(name, format, '1.0.0')
  console.info(`${door}: ${Math.round(took)} ms until graph, scan, log, search and webhook had it`)
  expect(took).toBeLessThan(2_000)
})
