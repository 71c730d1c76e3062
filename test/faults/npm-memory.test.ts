import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../../src/shared/testing/test-database.ts'
import { packed } from '../modules/npm/package-tarball.ts'
import { publishDocument } from '../support/npm-package.ts'
import { expectStatus } from './connection.ts'
import { mebibyte, publishLarge, type Read, readDocument, residentBytes, type Wanted, watch } from './npm-large.ts'
import { fileName, forms, integrityOf, NpmClient } from './npm-packages.ts'
import { Client, createToken, startRegistry } from './registry.ts'

const encodings = ['gzip', 'identity'] as const
const kinds = forms.flatMap((form) => encodings.map((encoding) => ({ form, encoding })))

test('D-18: twenty readers of a 40 MB document, in both forms and encodings, cost less than 64 MiB of memory', async () => {
  await using database = await createTestDatabase()
  // What sweeps take in of the rows that came past the doors is no reader's doing.
  await using registry = await startRegistry({ env: { DATABASE_URL: database.url, REGISTRY_ROLE: 'api' } })
  const token = await createToken(registry.url)
  const npm = new NpmClient(new Client(registry.url, token))
  await publishLarge(npm, database.url, { name: '@admin/warm-up', versions: 400 })
  for (let round = 0; round < 3; round += 1) await readTwenty(registry.url, { name: '@admin/warm-up', token })
  const versions = 8_000
  const { last } = await publishLarge(npm, database.url, { name: '@admin/huge', versions })
  await delay(2_000)
  const idle = await residentBytes(registry)

  const watching = watch(registry)
  const reads = await readTwenty(registry.url, { name: '@admin/huge', token })
  const again = await readTwenty(registry.url, { name: '@admin/huge', token })
  const { peakBytes, slowestHealthMs } = await watching.stop()
  const growth = (peakBytes - idle) / mebibyte
  const sizes = reads.map(({ bytesOnWire, kind }) => `${kind}: ${bytesOnWire}`)
  console.log(
    `idle ${Math.round(idle / mebibyte)} MiB, growth ${Math.round(growth)} MiB, slowest /health ${Math.round(slowestHealthMs)} ms; ${[...new Set(sizes)].join(', ')}`,
  )
  expect(reads.find(({ kind }) => kind === 'full identity')?.bytesOnWire).toBeGreaterThan(40_000_000)
  expectSame([...reads, ...again])
  for (const form of forms) {
    const document = await npm.document('@admin/huge', form)
    expect(Object.keys(document.versions)).toHaveLength(versions)
    expect(document.versions['2.0.0']?.dist.integrity).toBe(integrityOf(last.tarball))
    const inside = document.versions['1.1.4000']
    if (!inside) throw new Error('a version is missing')
    await npm.verifyListed(inside)
  }
  expect(growth).toBeLessThan(64)
  expect(slowestHealthMs).toBeLessThan(2_000)
})

test('twenty readers of an 8 MB document all get it, and the registry answers others meanwhile', async () => {
  await using database = await createTestDatabase()
  await using registry = await startRegistry({ env: { DATABASE_URL: database.url } })
  const token = await createToken(registry.url)
  const npm = new NpmClient(new Client(registry.url, token))
  await publishLarge(npm, database.url, { name: '@admin/large', versions: 1_600 })
  await readTwenty(registry.url, { name: '@admin/large', token })
  for (const kind of kinds) {
    const watching = watch(registry)
    const reads: Kept[] = []
    for (let round = 0; round < 10; round += 1)
      reads.push(...(await Promise.all(Array.from({ length: 20 }, () => readKind(registry.url, { name: '@admin/large', token, ...kind })))))
    const { slowestHealthMs } = await watching.stop()
    const times = reads.map(({ tookMs }) => tookMs).sort((left, right) => left - right)
    const at = (share: number) => Math.round(times[Math.floor(times.length * share)] ?? 0)
    console.log(
      `${kind.form} ${kind.encoding}, ${reads[0]?.bytesOnWire} bytes: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms; slowest /health ${Math.round(slowestHealthMs)} ms`,
    )
    expectSame(reads)
    expect(slowestHealthMs).toBeLessThan(2_000)
  }
})

test('D-18: publishing a tarball of 90 MB keeps memory flat, and its bytes arrive', async () => {
  await using registry = await startRegistry()
  const client = new Client(registry.url, await createToken(registry.url))
  const npm = new NpmClient(client)
  const publish = async (version: string, mebibytes: number) => {
    const manifest = { name: '@admin/heavy', version }
    const noise = Array.from({ length: mebibytes }, (_, index) => [`noise-${index}`, randomBytes(mebibyte)] as const)
    const tarball = await packed(manifest, Object.fromEntries(noise))
    const body = Buffer.from(JSON.stringify(publishDocument(manifest, tarball)))
    return { ...manifest, body, size: tarball.length, sha256: createHash('sha256').update(tarball).digest('hex') }
  }
  const put = (body: Buffer) => client.call('/npm/@admin%2fheavy', { method: 'PUT', body, headers: { 'content-type': 'application/json' } })
  expectStatus(await put((await publish('1.0.0', 8)).body), 201)
  const heavy = await publish('2.0.0', 90)
  await delay(2_000)
  const idle = await residentBytes(registry)
  const watching = watch(registry)
  expectStatus(await put(heavy.body), 201)
  const { peakBytes, slowestHealthMs } = await watching.stop()
  const growth = (peakBytes - idle) / mebibyte
  console.log(
    `idle ${Math.round(idle / mebibyte)} MiB, growth ${Math.round(growth)} MiB, slowest /health ${Math.round(slowestHealthMs)} ms`,
  )
  const served = expectStatus(await npm.tarball(heavy), 200)
  expect(served.headers['content-disposition']).toContain(fileName(heavy))
  expect([served.body.length, createHash('sha256').update(served.body).digest('hex')]).toEqual([heavy.size, heavy.sha256])
  expect(growth).toBeLessThan(64)
  expect(slowestHealthMs).toBeLessThan(2_000)
})

type Kept = Read & { readonly kind: string; readonly form: string }

const readKind = async (url: string, wanted: Wanted): Promise<Kept> => ({
  ...(await readDocument(url, wanted)),
  ...{ kind: `${wanted.form} ${wanted.encoding}`, form: wanted.form },
})

/** Five of each kind, all at once. */
const readTwenty = (url: string, of: Pick<Wanted, 'name' | 'token'>): Promise<Kept[]> =>
  Promise.all(Array.from({ length: 20 }, (_, index) => readKind(url, { ...of, ...(kinds[index % kinds.length] ?? kinds[0]) } as Wanted)))

/** Everybody got the text of its form, whatever the encoding. */
function expectSame(reads: readonly Kept[]): void {
  for (const form of forms) expect(new Set(reads.filter((read) => read.form === form).map(({ sha256 }) => sha256)).size).toBeLessThan(2)
}
