import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { credentials, type OciRegistry, openOciRegistry, pusher } from '../support/oci-registry.ts'

let oci: OciRegistry

beforeAll(async () => {
  oci = await openOciRegistry()
  await writeFile(join(oci.folder, 'content'), 'from scratch\n'.repeat(10_000))
  await writeFile(join(oci.folder, 'Containerfile'), 'FROM scratch\nCOPY content /content\nLABEL org.example.made=buildah\n')
})
beforeEach(({ onTestFailed }) => onTestFailed(() => console.error(oci.registry.output().slice(-5_000))))
afterAll(() => oci?.[Symbol.asyncDispose]())

/** Images in a store of their own; no engine, no overlay, no namespaces, so that root of a bare container can run it. */
function storeOf(program: 'buildah' | 'podman', name: string) {
  const places = ['--root', join(oci.folder, name, 'images'), '--runroot', join(oci.folder, name, 'run'), '--storage-driver', 'vfs']
  const env = { BUILDAH_ISOLATION: 'chroot' }
  return (...args: string[]) => oci.run([program, ...places, ...args], { env })
}

const build = ['bud', '--format', 'oci', '--tag'] as const

test('buildah logs in, pushes an image made from scratch and pulls it into an empty store', async () => {
  const [here, there] = [storeOf('buildah', 'buildah-a'), storeOf('buildah', 'buildah-b')]
  const name = `${oci.host}/vault/scratch:1`
  await here(...build, name, '.')
  await oci.run(['buildah', 'login', '--tls-verify=false', '--username', pusher.username, '--password-stdin', oci.host], {
    input: pusher.password,
  })
  await here('push', '--tls-verify=false', name)
  const { stdout: id } = await there('pull', '--tls-verify=false', name)
  const inspected = await there('inspect', '--type', 'image', id.trim())
  expect(JSON.parse(inspected.stdout).OCIv1.config.Labels).toMatchObject({ 'org.example.made': 'buildah' })
  await oci.run(['buildah', 'logout', oci.host])
  await expect(there('pull', '--tls-verify=false', `${oci.host}/vault/scratch:2`)).rejects.toThrow()
  await expect(storeOf('buildah', 'buildah-c')('pull', '--tls-verify=false', name)).rejects.toThrow(/unauthorized|authentication required/)
})

test('a manifest list of buildah with its images is pushed in one command', async () => {
  const here = storeOf('buildah', 'lists')
  const list = `${oci.host}/acme/list:1`
  await here('manifest', 'create', list)
  for (const architecture of ['amd64', 'arm64']) await here('bud', '--arch', architecture, '--manifest', list, '.')
  await here('manifest', 'push', '--all', '--tls-verify=false', '--creds', credentials(pusher), list, `docker://${list}`)
  const raw = await oci.run(['skopeo', 'inspect', '--raw', '--tls-verify=false', `docker://${list}`])
  const { manifests } = JSON.parse(raw.stdout) as { manifests: { platform: { architecture: string } }[] }
  expect(manifests.map(({ platform }) => platform.architecture).sort()).toEqual(['amd64', 'arm64'])
})

test('podman logs in with an API token, pushes and pulls, by tag and by digest', async () => {
  const [here, there] = [storeOf('podman', 'podman-a'), storeOf('podman', 'podman-b')]
  const name = `${oci.host}/acme/podman:1`
  await storeOf('buildah', 'podman-a')(...build, name, '.')
  await oci.run(['podman', 'login', '--tls-verify=false', '--username', pusher.username, '--password-stdin', oci.host], {
    input: await oci.token('read', 'publish'),
  })
  await here('push', '--tls-verify=false', '--digestfile', join(oci.folder, 'digest'), name)
  await oci.run(['podman', 'logout', oci.host])
  await there('pull', '--tls-verify=false', name)
  const { stdout } = await there('image', 'inspect', name)
  const [{ Digest: digest }] = JSON.parse(stdout) as [{ Digest: string }]
  await storeOf('podman', 'podman-c')('pull', '--tls-verify=false', `${oci.host}/acme/podman@${digest}`)
})
