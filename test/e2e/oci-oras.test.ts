import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type OciRegistry, openOciRegistry, pusher } from '../support/oci-registry.ts'

let oci: OciRegistry

beforeAll(async () => {
  oci = await openOciRegistry()
  await oci.run(['oras', 'login', '--plain-http', '--username', pusher.username, '--password-stdin', oci.host], { input: pusher.password })
  await writeFile(join(oci.folder, 'weights.bin'), Buffer.alloc(3_000_000, 7))
  await writeFile(join(oci.folder, 'sbom.json'), '{"bom":true}')
})
beforeEach(({ onTestFailed }) => onTestFailed(() => console.error(oci.registry.output().slice(-5_000))))
afterAll(() => oci?.[Symbol.asyncDispose]())

const oras = (command: readonly string[], ...args: string[]) => oci.run(['oras', ...command, '--plain-http', ...args])

interface Found {
  readonly digest: string
  readonly artifactType: string
  readonly annotations?: Readonly<Record<string, string>>
}

async function discover(target: string, ...more: string[]): Promise<readonly Found[]> {
  const { stdout } = await oras(['discover'], '--format', 'json', ...more, target)
  const { manifests, referrers } = JSON.parse(stdout) as { manifests?: readonly Found[]; referrers?: readonly Found[] }
  return manifests ?? referrers ?? []
}

test('an artifact is pushed with a type and annotations, fetched and pulled byte for byte', async () => {
  const target = `${oci.host}/vault/model:1`
  const file = 'weights.bin:application/vnd.example.weights'
  await oras(['push'], '--artifact-type', 'application/vnd.example.model', '--annotation', 'org.example.by=oras', target, file)
  const { stdout } = await oras(['manifest', 'fetch'], target)
  expect(JSON.parse(stdout)).toMatchObject({ artifactType: 'application/vnd.example.model', annotations: { 'org.example.by': 'oras' } })
  const out = join(oci.folder, 'pulled')
  await mkdir(out)
  await oras(['pull'], '--output', out, target)
  expect((await readFile(join(out, 'weights.bin'))).equals(await readFile(join(oci.folder, 'weights.bin')))).toBe(true)
})

test('what is attached is discovered, by type as well, pulled, and gone once deleted', async () => {
  const target = `${oci.host}/acme/subject:1`
  await oras(['push'], target, 'weights.bin')
  for (const type of ['application/vnd.example.sbom', 'application/vnd.example.scan']) {
    await oras(['attach'], '--artifact-type', type, '--annotation', `org.example.type=${type}`, target, 'sbom.json')
  }
  expect((await discover(target)).map(({ artifactType }) => artifactType).sort()).toEqual([
    'application/vnd.example.sbom',
    'application/vnd.example.scan',
  ])
  const [sbom, ...others] = await discover(target, '--artifact-type', 'application/vnd.example.sbom')
  expect(others).toEqual([])
  expect(sbom?.annotations).toMatchObject({ 'org.example.type': 'application/vnd.example.sbom' })
  const out = join(oci.folder, 'attached')
  await oras(['pull'], '--output', out, `${oci.host}/acme/subject@${sbom?.digest}`)
  expect(await readFile(join(out, 'sbom.json'), 'utf8')).toBe('{"bom":true}')
  await oras(['manifest', 'delete'], '--force', `${oci.host}/acme/subject@${sbom?.digest}`)
  expect((await discover(target)).map(({ artifactType }) => artifactType)).toEqual(['application/vnd.example.scan'])
})

test('an artifact with all that refers to it is copied to another repository, tagged and listed', async () => {
  const from = `${oci.host}/acme/copied:1`
  await oras(['push'], from, 'weights.bin')
  await oras(['attach'], '--artifact-type', 'application/vnd.example.sbom', from, 'sbom.json')
  const to = `${oci.host}/vault/copied:1`
  await oci.run(['oras', 'copy', '--recursive', '--from-plain-http', '--to-plain-http', from, to])
  expect(await discover(to)).toHaveLength(1)
  await oras(['tag'], to, '2', '3')
  const { stdout } = await oras(['repo', 'tags'], `${oci.host}/vault/copied`)
  expect(stdout.trim().split('\n')).toEqual(['1', '2', '3'])
  const { stdout: repositories } = await oras(['repo', 'ls'], oci.host)
  expect(repositories.trim().split('\n')).toEqual(expect.arrayContaining(['acme/copied', 'vault/copied']))
})

test('one blob is pushed, fetched and deleted', async () => {
  const { stdout } = await oras(['blob', 'push'], '--descriptor', `${oci.host}/acme/blobs`, 'sbom.json')
  const { digest } = JSON.parse(stdout) as { digest: string }
  const target = `${oci.host}/acme/blobs@${digest}`
  expect((await oras(['blob', 'fetch'], '--output', '-', target)).stdout).toBe('{"bom":true}')
  await oras(['blob', 'delete'], '--force', target)
  await expect(oras(['blob', 'fetch'], '--output', '-', target)).rejects.toThrow(/not found/)
})

test('without a login a private artifact is not there', async () => {
  const target = `${oci.host}/vault/hidden:1`
  await oras(['push'], target, 'sbom.json')
  const nobody = { DOCKER_CONFIG: join(oci.folder, 'nobody') }
  await expect(oci.run(['oras', 'manifest', 'fetch', '--plain-http', target], { env: nobody })).rejects.toThrow(/unauthorized|401|denied/)
})
