import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Verification } from '../../src/cli/verify/verify-artifact.ts'
import { pushImage } from '../support/push-image.ts'
import { type Cli, cliOf } from '../support/run-cli.ts'
import { adminPassword, freePort, type RunningRegistry, runRegistry } from '../support/run-registry.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts'

let folder: TemporaryFolder
let registry: RunningRegistry
let cli: Cli
const file = (name: string) => join(folder.path, name)
const dataDir = () => file('data')
const writeJson = (name: string, value: unknown) => writeFile(file(name), JSON.stringify(value))
const readJson = async (path: string) => JSON.parse(await readFile(path, 'utf8'))
const verify = (...args: string[]) => cli.json<Verification & { verified: boolean }>(['verify', ...args])
const publish = (version: string) => cli.json(['publish', `admin/tool@${version}`, file('tool.bin')])

beforeAll(async () => {
  folder = await temporaryFolder()
  await writeFile(file('tool.bin'), 'a tool')
  registry = await runRegistry({ dataDir: dataDir(), port: await freePort() })
  cli = cliOf(file('config'), registry.url)
  await cli.login()
})
afterAll(async () => {
  await registry?.[Symbol.asyncDispose]()
  await folder?.[Symbol.asyncDispose]()
})

/** A registry that is not there: whoever asks it fails. */
const noNetwork = { env: { GATI_REGISTRY_URL: 'http://127.0.0.1:9' } }
const elsewhere = () => cliOf(file('elsewhere'), 'http://127.0.0.1:9')

test('what was published a moment ago is verified, and the key of the log is remembered', async () => {
  const { digest } = await publish('1.0.0')
  const { stderr, code } = await cli.run(['verify', 'admin/tool@1.0.0', '--save', file('bundle.json')])
  expect([code, stderr]).toEqual([0, expect.stringMatching(/the log of http\S+ is trusted from now on: 127\.0\.0\.1:\d+\+[0-9a-f]{8}\+/)])
  const again = await verify('admin/tool@1.0.0')
  expect(again).toMatchObject({ verified: true, artifact: 'admin/tool@1.0.0', kind: 'version', version: '1.0.0', digest, trust: 'known' })
  expect(again.standing).toBe('same')
  expect(again.signedBy).toMatch(/^SHA256:/)
})

test('a tag is verified by either way to write it, and the log has to have grown from what was seen', async () => {
  const { digest } = await publish('1.1.0')
  const latest = await verify('admin/tool:latest')
  expect(latest).toMatchObject({ artifact: 'admin/tool@latest', kind: 'tag', version: '1.1.0', digest, standing: 'grown' })
  expect(await verify('admin/tool@latest')).toMatchObject({ digest, standing: 'same' })
  const { stdout } = await cli.run(['verify', 'admin/tool@1.1.0'])
  expect(stdout).toMatch(/^verified admin\/tool@1\.1\.0\n {2}digest {6}sha256:[0-9a-f]{64}\n {2}log {9}entry \d+ of \d+ in 127/)
})

test('an image whose tag is no version is verified as well', async () => {
  const authorization = `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`
  const digest = await pushImage({ url: registry.url, repository: 'admin/image', tag: 'edge', authorization })
  const verified = await verify('admin/image:edge')
  expect(verified).toMatchObject({ kind: 'tag', version: null, format: 'oci', digest, signedBy: null })
})

test('a proof of what is private is for its readers alone', async () => {
  const stranger = cliOf(file('stranger'), registry.url)
  expect(await stranger.run(['verify', 'admin/tool@1.0.0'])).toMatchObject({ code: 1, stderr: expect.stringContaining('401') })
  expect(await stranger.run(['verify', 'admin/nothing@1.0.0'])).toMatchObject({ code: 1, stderr: expect.stringContaining('401') })
})

test('P2: a signature of the publisher can be demanded by its key, with the registry and without', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const authorization = `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`
  const pem = publicKey.export({ type: 'spki', format: 'pem' })
  const post = (path: string, body: string, headers: Record<string, string>) =>
    fetch(`${registry.url}${path}`, { method: 'POST', headers: { authorization, ...headers }, body })
  const registered = await post('/v1/publishers/admin/keys', JSON.stringify({ name: 'release', publicKey: pem }), {
    'content-type': 'application/json',
  })
  expect(registered.status).toBe(201)
  const blob = `sha256:${createHash('sha256').update('signed tool').digest('hex')}`
  const signature = sign(null, Buffer.from(blob), privateKey).toString('base64')
  const headers = { 'content-type': 'application/octet-stream', 'x-signature': signature }
  expect((await post('/v1/artifacts/admin/signed/1.0.0', 'signed tool', headers)).status).toBe(201)

  await writeFile(file('release.pem'), pem)
  await writeFile(file('other.pem'), generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }))
  const told = await verify('admin/signed@1.0.0', '--save', file('signed.json'))
  expect(told).toMatchObject({ publishers: ['release'], publisherSignature: null })
  expect(await verify('admin/signed@1.0.0', '--publisher-key', file('release.pem'))).toMatchObject({ publisherSignature: 'raw-of-file' })
  const offline = ['verify', 'admin/signed@1.0.0', '--bundle', file('signed.json'), '--publisher-key']
  expect(await cli.json([...offline, file('release.pem')])).toMatchObject({ publisherSignature: 'raw-of-file' })
  expect(await cli.run([...offline, file('other.pem')])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('none of its signatures'),
  })
  const unsigned = await cli.run(['verify', 'admin/tool@1.0.0', '--publisher-key', file('release.pem')])
  expect(unsigned).toMatchObject({ code: 1, stderr: expect.stringContaining('no signature of a publisher') })
})

test('R5: with a bundle and a pinned key nothing is asked: there is no network, no login and no registry', async () => {
  const key = await (await fetch(`${registry.url}/v1/log/key`)).text()
  await writeFile(file('key.json'), key)
  await writeFile(file('key.txt'), `${(JSON.parse(key) as { key: string }).key}\n`)
  for (const name of ['key.json', 'key.txt']) {
    const args = ['verify', 'admin/tool@1.0.0', '--bundle', file('bundle.json'), '--key', file(name), '--offline']
    expect(await elsewhere().json(args)).toMatchObject({ verified: true, version: '1.0.0', trust: 'given', standing: 'first' })
  }
  const known = ['verify', 'admin/tool@1.0.0', '--bundle', file('bundle.json'), '--offline']
  expect(await cli.json(known)).toMatchObject({ verified: true, trust: 'known', standing: 'older' })
  // The pinned key of another registry is not one of this.
  expect(await cli.run(known, noNetwork)).toMatchObject({ code: 2, stderr: expect.stringContaining('no key of the log of') })
})

test('R5: a bundle that was tampered with, or is of another log, is refused with the reason', async () => {
  const bundle = await readJson(file('bundle.json'))
  const bad = async (other: unknown, ...args: string[]) => {
    await writeJson('bad.json', other)
    return elsewhere().run(['verify', 'admin/tool@1.0.0', '--bundle', file('bad.json'), '--key', file('key.json'), ...args])
  }
  const manifest = Buffer.from(Buffer.from(bundle.manifest, 'base64').toString().replace('schemaVersion', 'schemaversion')).toString(
    'base64',
  )
  expect(await bad({ ...bundle, manifest })).toMatchObject({ code: 1, stderr: expect.stringContaining('the manifest was changed') })
  const [entry] = bundle.proof.entries
  const proof = { ...bundle.proof, entries: [{ ...entry, proof: entry.proof.toReversed().slice(1) }] }
  expect(await bad({ ...bundle, proof })).toMatchObject({ code: 1, stderr: expect.stringContaining('does not hold') })
  const json = await bad({ ...bundle, proof }, '--json')
  expect(JSON.parse(json.stdout)).toMatchObject({ error: expect.stringContaining('verification failed') })
  expect(await bad('nothing')).toMatchObject({ code: 1, stderr: expect.stringContaining('no verification bundle') })
  const other = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
  await writeFile(file('other.txt'), other)
  const pinned = ['verify', 'admin/tool@1.0.0', '--bundle', file('bundle.json'), '--key', file('other.txt')]
  expect(await elsewhere().run(pinned)).toMatchObject({ code: 1, stderr: expect.stringContaining('not signed by PeterNeumann') })
  expect(await cli.run(['verify', 'admin/tool@1.0.0', '--key', file('other.txt')])).toMatchObject({ code: 1 })
})

test.each<[string, string[], string]>([
  ['no version', ['admin/tool'], 'name the version'],
  ['no network and no bundle', ['admin/tool@1.0.0', '--offline'], 'there has to be a --bundle'],
  ['a bundle that is not there', ['admin/tool@1.0.0', '--bundle', '/nowhere/bundle.json'], 'cannot be read'],
  ['a key that is none', ['admin/tool@1.0.0', '--key', import.meta.filename], 'holds no key of a log'],
  ['a bundle to save and to read', ['admin/tool@1.0.0', '--bundle', 'a', '--save', 'b'], 'leave --bundle out'],
])('it was called wrongly: %s', async (_what, args, reason) => {
  expect(await cli.run(['verify', ...args])).toMatchObject({ code: 2, stderr: expect.stringContaining(reason) })
})

test('it is called wrongly where a bundle is of a log that nobody told about', async () => {
  const { code, stderr } = await elsewhere().run(['verify', 'admin/tool@1.0.0', '--bundle', file('bundle.json')])
  expect([code, stderr]).toEqual([2, expect.stringContaining('or a key with --key')])
})

test('D-29, D-39: a registry that is killed while it publishes comes back with the same log, and everything in it', async () => {
  const before = await verify('admin/tool@1.1.0')
  const publishing = Array.from({ length: 4 }, (_, number) =>
    publish(`2.${number}.0`).then(
      () => `2.${number}.0`,
      () => undefined,
    ),
  )
  await Promise.race(publishing)
  await registry.stop('SIGKILL')
  registry = await runRegistry({ dataDir: dataDir(), port: registry.port })
  const acknowledged = (await Promise.all(publishing)).filter((version) => version !== undefined)
  expect(acknowledged.length).toBeGreaterThan(0)
  for (const version of acknowledged) {
    const verified = await verify(`admin/tool@${version}`)
    expect(verified).toMatchObject({ verified: true, version })
    expect(verified.logSize).toBeGreaterThanOrEqual(before.logSize)
  }
})

test('D-39: a log that was rolled back, forked or replaced is refused with the reason', async () => {
  const { digest: _digest, ...last } = await verify('admin/tool@1.1.0')
  const path = join(file('config'), 'gati-registry', 'logs.json')
  const kept = await readFile(path, 'utf8')
  const seenBefore = async (change: object) => {
    const { logs } = JSON.parse(kept) as { logs: Record<string, object> }
    await writeFile(path, JSON.stringify({ logs: { [registry.url]: { ...logs[registry.url], ...change } } }))
    return cli.run(['verify', 'admin/tool@1.1.0'])
  }
  const root = createHash('sha256').update('another tree').digest('base64')
  const refused = (stderr: string) => ({ code: 1, stderr: expect.stringContaining(stderr) })
  expect(await seenBefore({ size: last.logSize + 1 })).toMatchObject(refused('the log was rolled back'))
  expect(await seenBefore({ root })).toMatchObject(refused('the log has two pasts'))
  expect(await seenBefore({ size: last.logSize - 1, root })).toMatchObject(refused('the log has another past'))
  expect(await seenBefore({ key: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW' })).toMatchObject({ code: 1 })
  await writeFile(path, '{')
  expect(await cli.run(['verify', 'admin/tool@1.1.0'])).toMatchObject(refused('logs.json is damaged'))
  await writeFile(path, kept)
  expect(await verify('admin/tool@1.1.0')).toMatchObject({ standing: 'same' })
})
