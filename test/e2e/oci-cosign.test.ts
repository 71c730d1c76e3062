import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { umociLayout } from '../support/oci-image.ts'
import { type OciRegistry, openOciRegistry, pusher } from '../support/oci-registry.ts'

let oci: OciRegistry
let layout: Awaited<ReturnType<typeof umociLayout>>
const env = { COSIGN_PASSWORD: '', COSIGN_YES: 'true' }

beforeAll(async () => {
  oci = await openOciRegistry()
  layout = await umociLayout(oci, 'signed')
  await cosign('login', '--username', pusher.username, '--password', pusher.password, oci.host)
  await cosign('generate-key-pair')
})
beforeEach(({ onTestFailed }) => onTestFailed(() => console.error(oci.registry.output().slice(-5_000))))
afterAll(() => oci?.[Symbol.asyncDispose]())

const cosign = (...args: readonly string[]) => oci.run(['cosign', ...args], { env })

/** Nothing of it may need a network: no transparency log, no timestamps, no service that says which of them to trust. */
const offline = ['--allow-insecure-registry', '--allow-http-registry']
const signing = [...offline, '--key', 'cosign.key', '--tlog-upload=false', '--use-signing-config=false']
const verifying = [...offline, '--key', 'cosign.pub', '--insecure-ignore-tlog=true', '--private-infrastructure=true']

async function pushed(name: string): Promise<string> {
  const creds = ['--dest-creds', `${pusher.username}:${pusher.password}`]
  const target = `docker://${oci.host}/${name}:1`
  await oci.run(['skopeo', 'copy', '--all', '--preserve-digests', '--dest-tls-verify=false', ...creds, `oci:${layout.path}:multi`, target])
  return `${oci.host}/${name}@${layout.index}`
}

test.each([
  ['as a bundle that refers to it', 'vault/bundled', '--new-bundle-format=true'],
  ['under the tag of older releases', 'acme/tagged', '--new-bundle-format=false'],
])('an image is signed with a key %s, and verified', async (_, name, format) => {
  const image = await pushed(name)
  await expect(cosign('verify', ...verifying, format, image)).rejects.toThrow(/no (?:matching )?signatures/i)
  await cosign('sign', ...signing, format, image)
  const { stdout } = await cosign('verify', ...verifying, format, image)
  expect(stdout).toContain(layout.index)
})

test('an attestation is attached with a key and verified', async () => {
  const image = await pushed('acme/attested')
  await oci.run(['sh', '-c', 'echo \'{"builder":"test"}\' > predicate.json'])
  const type = ['--type', 'https://example.org/build']
  await cosign('attest', ...signing, ...type, '--predicate', 'predicate.json', image)
  await cosign('verify-attestation', ...verifying, ...type, image)
})
