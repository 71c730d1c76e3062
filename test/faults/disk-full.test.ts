import { randomBytes } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../../src/shared/testing/test-database.ts'
import { startProgram } from '../support/run-program.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { type Answer, expectStatus, mediaType, parsed, problemType } from './connection.ts'
import { Client, createToken, startRegistry } from './registry.ts'
import { sha256 } from './tarballs.ts'

const mebibyte = 1_048_576
const blob = (sizeMebibytes: number) => ({ name: 'big', bytes: randomBytes(sizeMebibytes * mebibyte) })

test('D-19: what does not fit on a full disk is refused within 5 s and leaves nothing, reads and the next publish work', async () => {
  await using database = await createTestDatabase()
  await using disk = await mountSmallDisk(64)
  await using registry = await startRegistry({ dataDir: disk.path, env: { DATABASE_URL: database.url } })
  const client = new Client(registry.url, await createToken(registry.url))
  const kept = blob(24)
  expectStatus(await client.publish(kept, '1.0.0'), 201)

  for (const version of ['2.0.0', '2.0.1', '2.0.2']) expectRefused(await client.publish(blob(48), version))
  const { id } = parsed<{ id: string }>(expectStatus(await client.openUpload('big'), 201))
  expectRefused(await client.append(id, blob(48).bytes, 0))
  const answers = await Promise.all([1, 2, 3, 4].map((number) => client.publish(blob(32), `3.0.${number}`)))
  for (const answer of answers) if (answer.status !== 201) expectRefused(answer)
  const fitted = answers.filter(({ status }) => status === 201).length

  expectStatus(await client.call('/health'), 200)
  expectStatus(await client.call('/v1/auth/whoami'), 200)
  await client.verify({ artifact: 'big', version: '1.0.0', digest: sha256(kept.bytes) })
  expect(await client.listed()).toHaveLength(1 + fitted)
  expectStatus(await client.call(`/v1/uploads/${id}`, { method: 'DELETE' }), 204)
  const small = blob(4)
  expectStatus(await client.publish(small, '4.0.0'), 201)
  await client.verify({ artifact: 'big', version: '4.0.0', digest: sha256(small.bytes) })
})

test('D-19: a disk that others filled is refused the same way, and freeing it needs no restart', async () => {
  await using database = await createTestDatabase()
  await using disk = await mountSmallDisk(32)
  await using registry = await startRegistry({ dataDir: disk.path, env: { DATABASE_URL: database.url } })
  const client = new Client(registry.url, await createToken(registry.url))
  const kept = blob(1)
  expectStatus(await client.publish(kept, '1.0.0'), 201)
  const filler = join(disk.path, 'filler')
  await writeFile(filler, Buffer.alloc(64 * mebibyte)).catch(() => {})
  const next = blob(2)
  expectRefused(await client.publish(next, '2.0.0'))
  await client.verify({ artifact: 'big', version: '1.0.0', digest: sha256(kept.bytes) })
  await rm(filler)
  expectStatus(await client.publish(next, '2.0.0'), 201)
  await client.verify({ artifact: 'big', version: '2.0.0', digest: sha256(next.bytes) })
})

function expectRefused(answer: Answer): void {
  expect([answer.status, mediaType(answer)], answer.body.toString()).toEqual([expect.toBeOneOf([507, 413, 503]), problemType])
  expect(answer.tookMs).toBeLessThan(5_000)
}

/** A file system of its own, unmounted on dispose. Only root may mount. */
async function mountSmallDisk(sizeMebibytes: number): Promise<{ readonly path: string } & AsyncDisposable> {
  const folder = await temporaryFolder()
  const path = join(folder.path, 'disk')
  await mkdir(path)
  const mounted = await startProgram(['mount', '-t', 'tmpfs', '-o', `size=${sizeMebibytes}m,mode=711`, 'tmpfs', path]).result
  if (mounted.code !== 0) {
    await folder[Symbol.asyncDispose]()
    throw new Error(`This test mounts a small tmpfs, which needs root and CAP_SYS_ADMIN: ${mounted.stderr}`)
  }
  return {
    path,
    async [Symbol.asyncDispose]() {
      await startProgram(['umount', path]).result
      await folder[Symbol.asyncDispose]()
    },
  }
}
