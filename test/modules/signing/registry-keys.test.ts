import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import artifacts from '../../../src/modules/artifacts/module.ts'
import auth from '../../../src/modules/auth/module.ts'
import metadata from '../../../src/modules/metadata/module.ts'
import { RegistryKeys } from '../../../src/modules/signing/contract.ts'
import signing from '../../../src/modules/signing/module.ts'
import { fingerprint } from '../../../src/modules/signing/registry-key.ts'
import { Database, Transaction } from '../../../src/shared/kernel/database.ts'
import { createTestHome, startTestKernel, type TestHome } from '../../../src/shared/testing/start-test-kernel.ts'

const text = '@acme/widget@1.0.0:sha512-abc=='

async function home(): Promise<TestHome> {
  const created = await createTestHome()
  onTestFinished(() => created[Symbol.asyncDispose]())
  return created
}
async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'gati-keys-'))
  onTestFinished(() => rm(path, { recursive: true }))
  return path
}
const cheap = { passwordMemoryKib: 1_024, passwordPasses: 1 }
const modules = [auth, metadata, artifacts, signing]
const start = (at: TestHome, registryKey = '') =>
  startTestKernel({ modules, home: at, settings: { auth: cheap, signing: { registryKey } } })

async function givenKey(namedCurve = 'prime256v1'): Promise<string> {
  const file = join(await folder(), 'given.pem')
  const { privateKey } = generateKeyPairSync('ec', { namedCurve })
  await writeFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  return file
}

const isGood = (key: string | undefined, sig: string): boolean =>
  verify(
    'sha256',
    Buffer.from(text),
    createPublicKey({ key: Buffer.from(key ?? '', 'base64'), format: 'der', type: 'spki' }),
    Buffer.from(sig, 'base64'),
  )

test('the key is made when something is signed first, and nobody else can read its file', async () => {
  const at = await home()
  await using kernel = await start(at)
  const keys = kernel.resolve(RegistryKeys)
  expect(await keys.list()).toEqual([])

  const { keyid, sig } = await keys.sign(text)
  const [key, ...others] = await keys.list()
  expect(others).toEqual([])
  expect(key).toMatchObject({ keyid, keytype: 'ecdsa-sha2-nistp256', scheme: 'ecdsa-sha2-nistp256', expires: null })
  expect(isGood(key?.key, sig)).toBe(true)
  expect((await stat(join(at.dataDir, 'keys', 'registry-signing.pem'))).mode & 0o777).toBe(0o600)
})

test('key ids are made as the public npm registry makes them', () => {
  const ofNpm =
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1Olb3zMAFFxXKHiIkQO5cJ3Yhl5i6UPp+IhuteBJbuHcA5UogKo0EWtlWwW6KSaKoTNEYL7JlCQiVnkhBktUgg=='
  const key = createPublicKey({ key: Buffer.from(ofNpm, 'base64'), format: 'der', type: 'spki' })
  expect(fingerprint(key)).toBe('SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA')
})

test('two processes of one data directory sign with one key, also when both make it at once', async () => {
  const at = await home()
  await using one = await start(at)
  await using two = await start(at)
  const signed = await Promise.all([one, two, one, two].map((kernel) => kernel.resolve(RegistryKeys).sign(text)))
  expect(new Set(signed.map(({ keyid }) => keyid)).size).toBe(1)
  expect(await two.resolve(RegistryKeys).list()).toHaveLength(1)
  await using later = await start(at)
  expect((await later.resolve(RegistryKeys).sign(text)).keyid).toBe(signed[0]?.keyid)
})

test('a process with another data directory refuses to sign, says why, and signs once it has the key', async () => {
  const at = await home()
  await using first = await start(at)
  const { keyid } = await first.resolve(RegistryKeys).sign(text)

  const elsewhere = { ...at, dataDir: await folder() }
  await using other = await start(elsewhere)
  await expect(other.resolve(RegistryKeys).sign(text)).rejects.toMatchObject({ code: 'signing.key_elsewhere', details: { keyid } })
  await expect(stat(join(elsewhere.dataDir, 'keys', 'registry-signing.pem'))).rejects.toThrow('ENOENT')
  expect(await other.resolve(RegistryKeys).list()).toHaveLength(1)

  await using given = await start(elsewhere, join(at.dataDir, 'keys', 'registry-signing.pem'))
  expect((await given.resolve(RegistryKeys).sign(text)).keyid).toBe(keyid)
})

test('a key that is given takes the place of the one before, whose signatures count until then', async () => {
  const at = await home()
  await using first = await start(at)
  const before = await first.resolve(RegistryKeys).sign(text)
  await using second = await start(at, await givenKey())
  const after = await second.resolve(RegistryKeys).sign(text)

  const listed = await second.resolve(RegistryKeys).list()
  expect(listed.map(({ keyid }) => keyid)).toEqual([after.keyid, before.keyid])
  expect(listed[0]?.expires).toBeNull()
  expect(Date.parse(listed[1]?.expires ?? '')).toBeLessThanOrEqual(Date.now() + 1_000)
  expect(isGood(listed[1]?.key, before.sig)).toBe(true)
  await expect
    .poll(
      () =>
        first
          .resolve(RegistryKeys)
          .sign(text)
          .catch((error: unknown) => error),
      { timeout: 8_000 },
    )
    .toMatchObject({
      code: 'signing.key_retired',
    })
})

test('a key that is made in a transaction that fails is not forgotten by the database for ever', async () => {
  const at = await home()
  await using kernel = await start(at)
  const keys = kernel.resolve(RegistryKeys)
  const failing = kernel.resolve(Transaction).run(async () => {
    await keys.sign(text)
    throw new Error('the publish failed')
  })
  await expect(failing).rejects.toThrow('the publish failed')
  expect(await keys.list()).toEqual([])
  const { keyid } = await keys.sign(text)
  expect(await keys.list()).toMatchObject([{ keyid }])
  const rows = await kernel.resolve(Database).sql`select keyid from registry_keys`
  expect(rows).toEqual([{ keyid }])
})

test('a file that holds no P-256 key stops the boot and is named', async () => {
  const at = await home()
  const wrong = await givenKey('secp384r1')
  await expect(start(at, wrong)).rejects.toThrow(/given\.pem is not a PEM file with an ECDSA P-256 private key/)
  await expect(start(at, join(at.dataDir, 'absent.pem'))).rejects.toThrow(/signing\.registryKey: there is no file/)
})

test('no private key is in the database', async () => {
  const at = await home()
  await using kernel = await start(at)
  await kernel.resolve(RegistryKeys).sign(text)
  const pem = await readFile(join(at.dataDir, 'keys', 'registry-signing.pem'), 'utf8')
  const [row] = await kernel.resolve(Database).sql<{ all: string }>`select string_agg(registry_keys::text, ' ') as all from registry_keys`
  expect(row?.all).not.toContain(pem.split('\n')[1])
})
