import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { layoutDigest, umociLayout } from '../support/oci-image.ts'
import { credentials, type OciRegistry, openOciRegistry, pusher, stranger } from '../support/oci-registry.ts'

let oci: OciRegistry
let layout: Awaited<ReturnType<typeof umociLayout>>

beforeAll(async () => {
  oci = await openOciRegistry()
  layout = await umociLayout(oci, 'made')
})
beforeEach(({ onTestFailed }) => onTestFailed(() => console.error(oci.registry.output().slice(-5_000))))
afterAll(() => oci?.[Symbol.asyncDispose]())

const image = (name: string) => `docker://${oci.host}/${name}`
const push = (to: string, ...more: string[]) =>
  oci.run(['skopeo', 'copy', '--all', '--preserve-digests', '--dest-tls-verify=false', ...more, `oci:${layout.path}:multi`, image(to)])
const inspect = (name: string, ...more: string[]) => oci.attempt(['skopeo', 'inspect', '--raw', '--tls-verify=false', ...more, image(name)])

test('a multi-arch index goes to the registry and comes back with the same digests', async () => {
  await push('acme/multi:1.0', '--dest-creds', credentials(pusher))
  const back = join(oci.folder, 'back')
  await oci.run(['skopeo', 'copy', '--all', '--preserve-digests', '--src-tls-verify=false', image('acme/multi:1.0'), `oci:${back}:multi`])
  expect(await layoutDigest(back, 'multi')).toBe(layout.index)
  const config = await oci.run(['skopeo', 'inspect', '--config', '--tls-verify=false', '--override-arch', 'arm64', image('acme/multi:1.0')])
  expect(JSON.parse(config.stdout)).toMatchObject({ architecture: 'arm64', config: { Labels: { 'org.example.made': 'umoci' } } })
})

test('one image is copied from repository to repository, converted to Docker schema 2, listed and deleted', async () => {
  const withRights = ['--tls-verify=false', '--creds', credentials(pusher)]
  await push('acme/from:1', '--dest-creds', credentials(pusher))
  const both = ['--src-tls-verify=false', '--dest-tls-verify=false', '--dest-creds', credentials(pusher)]
  await oci.run(['skopeo', 'copy', ...both, '--format', 'v2s2', image('acme/from:1'), image('acme/deep/er/to:docker')])
  await oci.run(['skopeo', 'copy', ...both, image('acme/from:1'), image('acme/deep/er/to:oci')])
  const tags = await oci.run(['skopeo', 'list-tags', '--tls-verify=false', image('acme/deep/er/to')])
  expect(JSON.parse(tags.stdout).Tags).toEqual(['docker', 'oci'])
  const raw = await inspect('acme/deep/er/to:docker')
  expect(JSON.parse(raw.stdout).mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json')
  await oci.run(['skopeo', 'delete', ...withRights, image('acme/deep/er/to:docker')])
  expect((await inspect('acme/deep/er/to:docker')).code).not.toBe(0)
  expect((await inspect('acme/deep/er/to:oci')).code).toBe(0)
})

test.each(['password', 'API token'])('login with a %s is enough for a push to a private namespace', async (kind) => {
  const secret = kind === 'password' ? pusher.password : await oci.token('read', 'publish')
  const login = ['skopeo', 'login', '--tls-verify=false', '--username', pusher.username, '--password-stdin', oci.host] as const
  await oci.run(login, { input: secret })
  try {
    const name = `vault/by-${kind.slice(0, 3).toLowerCase()}:1`
    await push(name)
    expect((await inspect(name)).code).toBe(0)
  } finally {
    await oci.run(['skopeo', 'logout', oci.host])
  }
})

test('login with a wrong password is refused', async () => {
  const login = ['skopeo', 'login', '--tls-verify=false', '--username', pusher.username, '--password-stdin', oci.host] as const
  const { code, stderr } = await oci.attempt(login, { input: 'something else' })
  expect(code).not.toBe(0)
  expect(stderr).toMatch(/invalid username\/password|unauthorized/i)
})

test('a private image is refused to strangers and to nobody in the words for an image that does not exist', async () => {
  await push('vault/secret:1', '--dest-creds', credentials(pusher))
  expect((await inspect('vault/secret:1', '--creds', credentials(pusher))).code).toBe(0)
  for (const rights of [[], ['--creds', credentials(stranger)]]) {
    const [hidden, absent] = await Promise.all(['vault/secret:1', 'vault/absent:1'].map((name) => inspect(name, ...rights)))
    expect(hidden?.code).not.toBe(0)
    const said = (result: typeof hidden) => result?.stderr.replaceAll(/secret|absent/g, 'NAME').replace(/^time=\S+|time="[^"]*"/g, '')
    expect(said(hidden)).toBe(said(absent))
  }
})

test('a push without the right to publish is refused', async () => {
  await expect(push('acme/not-mine:1', '--dest-creds', credentials(stranger))).rejects.toThrow(
    /denied|unauthorized|authentication required/,
  )
  await expect(push('acme/not-mine:1', '--dest-no-creds')).rejects.toThrow(/denied|unauthorized|authentication required/)
  const readOnly = await oci.token('read')
  await expect(push('acme/not-mine:1', '--dest-creds', `${pusher.username}:${readOnly}`)).rejects.toThrow(/denied|unauthorized/)
  expect((await inspect('acme/not-mine:1', '--creds', credentials(pusher))).code).not.toBe(0)
})
