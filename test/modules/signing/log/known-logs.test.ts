import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CommandContext } from '../../../../src/cli/context.ts'
import { type Bundle, writeBundle } from '../../../../src/cli/verify/bundle.ts'
import { followLog } from '../../../../src/cli/verify/follow-log.ts'
import { KnownLogs } from '../../../../src/cli/verify/known-logs.ts'
import { type VerifyOptions, verifyArtifact } from '../../../../src/cli/verify/verify-artifact.ts'
import { signCheckpoint } from '../../../../src/shared/transparency/checkpoint.ts'
import { type LoggedFact, leafHashOf, signedText } from '../../../../src/shared/transparency/log-entry.ts'
import { verifierText } from '../../../../src/shared/transparency/signed-note.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gati-logs-'))
})
afterAll(() => rm(folder, { recursive: true }))

const origin = 'registry.example'
const [mine, theirs] = ['https://registry.example', 'https://mirror.example']
const manifest = Buffer.from('{"schemaVersion":2}')
const digest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`
const salt = Buffer.alloc(32, 7)
const time = '2026-11-21T10:00:00.000Z'
const fact: LoggedFact = { kind: 'version', namespace: 'acme', name: 'widget', format: 'npm', reference: '1.0.0', digest, time }

/** A registry whose log has one entry, and the bundle that it gives out. */
function makeLog() {
  const [log, registry] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ec', { namedCurve: 'prime256v1' })]
  const root = leafHashOf(fact, salt)
  const key = verifierText(origin, log.publicKey)
  const der = registry.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  const registryKeys = [{ keyid: 'SHA256:one', keytype: 'x', scheme: 'x', expires: null, key: der }]
  const entry = { ...fact, index: 0, salt: salt.toString('base64'), proof: [] }
  const proof: Bundle['proof'] = {
    ...{ v: 1, reference: '1.0.0', manifestDigest: digest, origin, key, retiredKeys: [], registryKeys, publisherSignatures: [] },
    entries: [entry],
    checkpoint: signCheckpoint({ size: 1, root }, { name: origin, privateKey: log.privateKey }),
    signature: { keyid: 'SHA256:one', sig: sign('sha256', Buffer.from(signedText(fact)), registry.privateKey).toString('base64') },
  }
  const known = { key, registryKeys, size: 1, root: root.toString('base64') }
  return { bundle: { v: 1 as const, proof, manifest: manifest.toString('base64') }, known }
}
const [good, evil] = [makeLog(), makeLog()]

/** The registry that answers, as the commands of a user see it. */
function contextOf(registry: string, home: string, { bundle, known }: ReturnType<typeof makeLog>): CommandContext {
  const keys = { origin, key: known.key, retiredKeys: [], registryKeys: known.registryKeys }
  const client = {
    json: async (path: string) => (path === '/v1/log/key' ? keys : bundle.proof),
    send: async () => new Response(manifest),
  }
  return { client, registry, credentials: { folder: home }, output: { note: () => undefined } } as unknown as CommandContext
}
const newHome = () => mkdtemp(join(folder, 'home-'))
const verified = (context: CommandContext, options: VerifyOptions) =>
  verifyArtifact(context, 'acme/widget@1.0.0', options).then(
    ({ trust, standing }) => `${trust}, ${standing}`,
    (error: Error) => error.message,
  )

test('P3: offline the key of the registry in use counts, not that of a log which the bundle names', async () => {
  const home = await newHome()
  const file = join(home, 'evil.json')
  await writeBundle(file, evil.bundle)
  const offline = { bundle: file, offline: true }
  await new KnownLogs(home).set(theirs, evil.known)
  expect(await verified(contextOf(mine, home, good), offline)).toContain(`no key of the log of ${mine} is known here`)
  await new KnownLogs(home).set(mine, good.known)
  expect(await verified(contextOf(mine, home, good), offline)).toContain('the checkpoint does not count')
  expect(await verified(contextOf(theirs, home, evil), offline)).toBe('known, same')
  const key = join(home, 'key')
  await writeFile(key, evil.known.key)
  expect(await verified(contextOf('http://localhost:8080', home, good), { ...offline, key })).toBe('given, same')
})

test('P3: at first contact a log is not believed that has the name of a known one and another key', async () => {
  const home = await newHome()
  expect(await verified(contextOf(mine, home, good), {})).toBe('first, first')
  expect(await verified(contextOf(theirs, home, evil), {})).toMatch(
    /https:\/\/mirror.example shows a log called registry.example, and so did/,
  )
  expect(await verified(contextOf(theirs, home, good), {})).toBe('first, first')
  expect(await verified(contextOf(mine, home, evil), {})).toContain('the checkpoint does not count')
})

test('R3.2: a call that ran meanwhile and saw more of the log is not forgotten', async () => {
  const home = await newHome()
  const logs = new KnownLogs(home)
  const at = (size: number, root = `root ${size}`) => ({ ...good.known, size, root })
  await Promise.all(Array.from({ length: 5 }, (_, index) => logs.set(`https://${index}.example`, at(index))))
  for (const index of [0, 1, 2, 3, 4]) expect(await logs.get(`https://${index}.example`)).toEqual(at(index))
  await logs.set(mine, at(20))
  await logs.set(mine, at(10))
  expect(await logs.get(mine)).toEqual(at(20))
  await expect(logs.set(mine, at(20, 'another'))).rejects.toThrow('two pasts')
})

test.each(['{}', '{"logs":{"a":{}}}', '[', 'null'])('R3.2: a damaged logs.json is said to be so: %s', async (text) => {
  const home = await newHome()
  await writeFile(join(home, 'logs.json'), text)
  await expect(new KnownLogs(home).get(mine)).rejects.toThrow('is damaged')
  await expect(new KnownLogs(home).set(mine, good.known)).rejects.toThrow('is damaged')
  expect(await readFile(join(home, 'logs.json'), 'utf8')).toBe(text)
})

test('P3: offline a larger log is said to be newer, not to have grown from the one seen', async () => {
  const home = await newHome()
  const file = join(home, 'bundle.json')
  await writeBundle(file, good.bundle)
  await new KnownLogs(home).set(mine, { ...good.known, size: 0, root: 'another' })
  expect(await verified(contextOf(mine, home, good), { bundle: file })).toBe('known, newer')
  const checkpoint = { origin, size: 1, root: leafHashOf(fact, salt) }
  await expect(
    followLog(contextOf(mine, home, good).client, { ...good.known, size: 0, root: good.known.root }, checkpoint),
  ).rejects.toThrow('another past')
})
