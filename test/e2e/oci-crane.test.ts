import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { umociLayout } from '../support/oci-image.ts'
import { type OciRegistry, openOciRegistry, pusher } from '../support/oci-registry.ts'

let oci: OciRegistry
let layout: Awaited<ReturnType<typeof umociLayout>>

beforeAll(async () => {
  oci = await openOciRegistry()
  layout = await umociLayout(oci, 'crane')
  await crane('auth', 'login', '--username', pusher.username, '--password', pusher.password, oci.host)
  // crane pushes single images of a layout; the index comes with skopeo.
  const creds = ['--dest-creds', `${pusher.username}:${pusher.password}`]
  const target = `docker://${oci.host}/vault/source:1`
  await oci.run(['skopeo', 'copy', '--all', '--preserve-digests', '--dest-tls-verify=false', ...creds, `oci:${layout.path}:multi`, target])
})
beforeEach(({ onTestFailed }) => onTestFailed(() => console.error(oci.registry.output().slice(-5_000))))
afterAll(() => oci?.[Symbol.asyncDispose]())

const crane = async (...args: string[]): Promise<string> => (await oci.run(['crane', '--insecure', ...args])).stdout.trim()

test('an image is pulled, pushed elsewhere, validated and has the same digest', async () => {
  const file = join(oci.folder, 'image.tar')
  const source = `${oci.host}/vault/source:1`
  await crane('pull', '--format', 'oci', source, file)
  const target = `${oci.host}/acme/pushed:1`
  await crane('push', '--index', file, target)
  await crane('validate', '--remote', target)
  const manifests = (text: string) => (JSON.parse(text) as { manifests: { digest: string }[] }).manifests.map(({ digest }) => digest)
  expect(manifests(await crane('manifest', target))).toContain(await crane('digest', source))
})

test('a copy to another repository mounts the blobs of a private one', async () => {
  const target = `${oci.host}/acme/copied:1`
  await crane('copy', `${oci.host}/vault/source:1`, target)
  expect(await crane('digest', target)).toBe(layout.index)
  await crane('validate', '--remote', target)
  const verbose = await oci.run(['crane', '--insecure', '--verbose', 'copy', `${oci.host}/vault/source:1`, `${oci.host}/acme/again:1`])
  expect(verbose.stderr).toMatch(/mounted blob/)
})

test('tags are listed, added, moved and deleted, and repositories listed', async () => {
  const repository = `${oci.host}/acme/tags`
  await crane('copy', `${oci.host}/vault/source:1`, `${repository}:1`)
  await crane('tag', `${repository}:1`, '2')
  await crane('tag', `${repository}:1`, 'latest')
  expect((await crane('ls', repository)).split('\n')).toEqual(['1', '2', 'latest'])
  await crane('mutate', '--label', 'org.example.changed=yes', '--tag', `${repository}:2`, `${repository}:1@${await architectureDigest()}`)
  expect(await crane('digest', `${repository}:2`)).not.toBe(layout.index)
  expect(JSON.parse(await crane('config', `${repository}:2`)).config.Labels).toMatchObject({ 'org.example.changed': 'yes' })
  await crane('delete', `${repository}@${await crane('digest', `${repository}:2`)}`)
  expect((await crane('ls', repository)).split('\n')).toEqual(['1', 'latest'])
  expect((await crane('catalog', oci.host)).split('\n')).toEqual(expect.arrayContaining(['acme/tags', 'vault/source']))
})

test('crane exports the files of an image and appends to it', async () => {
  await oci.run(['tar', '-cf', 'layer.tar', '-C', oci.folder, 'crane-content'])
  const target = `${oci.host}/acme/appended:1`
  await crane(
    'append',
    '--platform',
    'linux/arm64',
    '--base',
    `${oci.host}/vault/source:1`,
    '--new_layer',
    'layer.tar',
    '--new_tag',
    target,
  )
  await crane('export', target, 'files.tar')
  const { stdout } = await oci.run(['tar', '-tf', 'files.tar'])
  expect(stdout).toContain('shared')
  expect(stdout).toContain('crane-content/arm64')
})

async function architectureDigest(): Promise<string> {
  return crane('digest', '--platform', 'linux/arm64', `${oci.host}/vault/source:1`)
}
