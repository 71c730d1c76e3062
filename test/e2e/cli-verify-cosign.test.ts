import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Verification } from '../../src/cli/verify/verify-artifact.ts'
import { credentials, type OciRegistry, openOciRegistry, pusher } from '../support/oci-registry.ts'
import { pushImage } from '../support/push-image.ts'
import { type Cli, cliOf } from '../support/run-cli.ts'

let oci: OciRegistry
let cli: Cli
const env = { COSIGN_PASSWORD: '', COSIGN_YES: 'true' }
const cosign = (...args: readonly string[]) => oci.run(['cosign', ...args], { env })
const authorization = `Basic ${Buffer.from(credentials(pusher)).toString('base64')}`

beforeAll(async () => {
  oci = await openOciRegistry()
  cli = cliOf(join(oci.folder, 'config'), oci.registry.url)
  await cosign('login', '--username', pusher.username, '--password', pusher.password, oci.host)
  await cosign('generate-key-pair')
  const publicKey = await readFile(join(oci.folder, 'cosign.pub'), 'utf8')
  await oci.api('/v1/publishers/acme/keys', { method: 'POST', as: pusher, body: { name: 'release', publicKey } })
})
afterAll(() => oci?.[Symbol.asyncDispose]())

test.each([
  ['sigstore-bundle', 'acme/bundled', '--new-bundle-format=true'],
  ['cosign', 'acme/layered', '--new-bundle-format=false'],
])('P2: what cosign signed is verified with its key, from a bundle as well: %s', async (kind, repository, format) => {
  const digest = await pushImage({ url: oci.registry.url, repository, tag: 'edge', authorization })
  const offline = ['--allow-insecure-registry', '--allow-http-registry', '--tlog-upload=false', '--use-signing-config=false']
  await cosign('sign', ...offline, format, '--key', 'cosign.key', `${oci.host}/${repository}@${digest}`)

  const saved = join(oci.folder, `${kind}.json`)
  const verify = (...args: string[]) => cli.json<Verification>(['verify', `${repository}:edge`, ...args])
  await expect.poll(async () => (await verify('--save', saved)).publishers, { timeout: 10_000, interval: 500 }).toEqual(['release'])
  const demanded = ['--publisher-key', join(oci.folder, 'cosign.pub')]
  expect(await verify(...demanded)).toMatchObject({ digest, publisherSignature: kind })
  expect(await verify('--bundle', saved, '--offline', ...demanded)).toMatchObject({ digest, publisherSignature: kind })
})
