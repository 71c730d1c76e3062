import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { attachToOwner, claimDataDirectory } from '../../src/shared/kernel/data-directory.ts'
import { endScripts, runScript } from '../support/child-script.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gati-dir-'))
})
afterEach(async () => {
  await endScripts()
  await rm(directory, { recursive: true, force: true })
})

const attach = (timeoutMs: number, to = directory) => attachToOwner(to, AbortSignal.timeout(timeoutMs))
/** Asks and leaves. */
async function askOwner(to: string, timeoutMs: number) {
  const attachment = await attach(timeoutMs, to)
  attachment?.leave()
  return attachment?.answer
}
const answer = { pid: process.pid, databaseUrl: 'postgresql://somewhere' }

test('a directory without an owner has nobody to ask', async () => {
  expect(await askOwner(directory, 1000)).toBeUndefined()
})

test('who asks before the owner is ready waits for the answer, and who asks later gets it too', async () => {
  const owner = await claimDataDirectory(directory)
  const early = askOwner(directory, 5000)
  expect(await Promise.race([early, sleep(50, 'waiting')])).toBe('waiting')
  owner?.announce(answer)
  expect(await early).toEqual(answer)
  expect(await askOwner(directory, 5000)).toEqual(answer)
  await owner?.release()
})

test('who asks an owner that never answers gives up after its time', async () => {
  const owner = await claimDataDirectory(directory)
  expect(await askOwner(directory, 30)).toBeUndefined()
  await owner?.release()
})

test('of many claims at once exactly one wins', async () => {
  const claims = await Promise.all(Array.from({ length: 20 }, () => claimDataDirectory(directory)))
  const owners = claims.filter((claim) => claim !== undefined)
  expect(owners).toHaveLength(1)
  await owners[0]?.release()
})

test('of many processes that start over the socket of a killed owner exactly one wins (D-4)', async () => {
  const dead = runScript('data-directory-claimer.ts', directory)
  expect(await dead.line).toBe('owner')
  await dead.kill()
  expect(await readdir(directory)).toEqual(['owner.sock'])
  const starters = Array.from({ length: 5 }, () => runScript('data-directory-claimer.ts', directory))
  const lines = await Promise.all(starters.map((starter) => starter.line))
  expect(lines.filter((line) => line === 'owner')).toHaveLength(1)
})

test('a living owner in another process refuses us, its socket proves it', async () => {
  const owner = runScript('data-directory-claimer.ts', directory)
  await owner.line
  expect(await claimDataDirectory(directory)).toBeUndefined()
  expect(await readdir(directory)).toEqual(['owner.sock'])
  await owner.end()
})

test('a second name of the directory is the same directory', async () => {
  const alias = `${directory}-alias`
  await symlink(directory, alias)
  const owner = await claimDataDirectory(directory)
  expect(await claimDataDirectory(alias)).toBeUndefined()
  await owner?.release()
  await rm(alias)
})

test('release leaves no file behind and lets the next one in', async () => {
  await (await claimDataDirectory(directory))?.release()
  expect(await readdir(directory)).toEqual([])
  const next = await claimDataDirectory(directory)
  expect(next).toBeDefined()
  await next?.release()
})

test('an owner that retires turns away who waits and who comes', async () => {
  const owner = await claimDataDirectory(directory)
  const waiting = askOwner(directory, 5000)
  await sleep(20)
  owner?.retire()
  expect(await waiting).toBeUndefined()
  expect(await askOwner(directory, 5000)).toBeUndefined()
  await owner?.release()
})

test('who attached learns that the owner retires, and that it was killed (D-4)', async () => {
  const owner = await claimDataDirectory(directory)
  owner?.announce(answer)
  const attachment = await attach(1000)
  expect(await Promise.race([attachment?.ended, sleep(50, 'attached')])).toBe('attached')
  owner?.retire()
  expect(await Promise.race([attachment?.ended.then(() => 'ended'), sleep(1000)])).toBe('ended')
  await owner?.release()

  const script = runScript('data-directory-claimer.ts', directory, 'announce')
  await script.line
  const other = await attach(1000)
  expect(other?.answer.pid).toBe(script.pid)
  await script.kill()
  expect(await Promise.race([other?.ended.then(() => 'ended'), sleep(1000)])).toBe('ended')
})

test('who attached does not hold up the release of the owner, and may leave', async () => {
  const owner = await claimDataDirectory(directory)
  owner?.announce(answer)
  const [one, two] = [await attach(1000), await attach(1000)]
  one?.leave()
  await one?.ended
  await owner?.release()
  await two?.ended
  expect(await readdir(directory)).toEqual([])
})

test('a plain file in place of the socket is no owner', async () => {
  await writeFile(join(directory, 'owner.sock'), 'left over')
  const owner = await claimDataDirectory(directory)
  expect(owner).toBeDefined()
  await owner?.release()
})

test('a path longer than a socket address can be claimed and asked', async () => {
  const deep = join(directory, 'd'.repeat(100), 'e'.repeat(100))
  await mkdir(deep, { recursive: true })
  const owner = await claimDataDirectory(deep)
  owner?.announce(answer)
  expect(await claimDataDirectory(deep)).toBeUndefined()
  expect(await askOwner(deep, 1000)).toEqual(answer)
  await owner?.release()
})
