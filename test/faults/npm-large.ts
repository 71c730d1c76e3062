import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'
import type { RunningRegistry } from '../support/run-registry.ts'
import { runSql } from '../support/run-sql.ts'
import { expectStatus, send } from './connection.ts'
import { type Form, makeRelease, type NpmClient } from './npm-packages.ts'

export const mebibyte = 1_048_576

/** Nobody looks inside of these while they are compared. */
const dependencies = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`salted-needed-by-everything-${index}`, '^2.3.4']))

/**
 * A package of that many versions of 5 kB each, in both forms: the first and the last are published, those between are rows as publishing makes them,
 * because that is a matter of seconds. `url` is the database of the registry.
 */
export async function publishLarge(npm: NpmClient, url: string, { name, versions }: { readonly name: string; readonly versions: number }) {
  const more = { dependencies, config: { salt: 'saltsaltsalt' } }
  const first = await makeRelease(name, '1.0.0', { more })
  expectStatus(await npm.publish(first), 201)
  const [of] = await runSql<{ id: string }>(
    url,
    `select v.id from versions v join artifacts a on a.id = v.artifact_id where a.name = '${name.split('/').at(-1)}' and v.version = '1.0.0'`,
  )
  if (!of) throw new Error(`${name} is not in the database`)
  await runSql(url, copies(of.id, versions - 2))
  // Raises the revision, as each of the others would have.
  const last = await makeRelease(name, '2.0.0', { more })
  expectStatus(await npm.publish(last), 201)
  return { first, last }
}

const copies = (id: string, count: number): string => `
  with made as (
    insert into versions (id, artifact_id, version, sort_key, prerelease, state, manifest_digest, size_bytes, metadata, published_by, published_at)
    select gen_random_uuid(), artifact_id, '1.1.' || n, sort_key || '~' || n, prerelease, state, manifest_digest, size_bytes, metadata, published_by, now()
    from versions, generate_series(1, ${count}) n where id = '${id}'
    returning id, version
  )
  insert into package_versions (version_id, artifact_id, fragment, abbreviated, about, tarball_digest, integrity, shasum)
  select m.id, p.artifact_id, ${own('p.fragment')}, ${own('p.abbreviated')}, p.about, p.tarball_digest, p.integrity, p.shasum
  from made m, package_versions p where p.version_id = '${id}'`

/** With its version in it, and text that does not compress. */
const own = (fragment: string): string =>
  `replace(replace(replace(${fragment}, '1.0.0', m.version), 'salted', left(md5(m.version), 8)), 'saltsaltsalt', md5(m.version || 'a') || md5(m.version || 'b'))`

export interface Read {
  readonly bytesOnWire: number
  /** Of the text. */
  readonly sha256: string
  readonly tookMs: number
}

export interface Wanted {
  readonly name: string
  readonly form: Form
  readonly encoding: 'gzip' | 'identity'
  readonly token: string
}

/** Reads a document without keeping it. Throws when it is cut, not as long as it says, or not in the wanted encoding. */
export async function readDocument(url: string, { name, form, encoding, token }: Wanted): Promise<Read> {
  const accept = form === 'full' ? 'application/json' : 'application/vnd.npm.install-v1+json'
  const began = performance.now()
  const asking = request(`${url}/npm/${name.replace('/', '%2f')}`, {
    agent: false,
    headers: { accept, 'accept-encoding': encoding, authorization: `Bearer ${token}` },
  })
  asking.end()
  const [answer] = (await once(asking, 'response')) as [IncomingMessage]
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} instead of 200: ${await answer.toArray()}`)
  if ((answer.headers['content-encoding'] ?? 'identity') !== encoding) throw new Error(`not in ${encoding}`)
  const hash = createHash('sha256')
  let bytesOnWire = 0
  answer.on('data', (chunk: Buffer) => {
    bytesOnWire += chunk.length
  })
  const text: Readable = encoding === 'gzip' ? answer.pipe(createGunzip()) : answer
  for await (const chunk of text) hash.update(chunk)
  if (!answer.complete || bytesOnWire !== Number(answer.headers['content-length'])) throw new Error('the answer was cut')
  return { bytesOnWire, sha256: hash.digest('hex'), tookMs: performance.now() - began }
}

/**
 * Resident bytes of the server alone, without the pages of its program: a kernel that pages out what rests (DAMON) takes those away, and they come back
 * with the next request as if they were growth.
 */
export async function residentBytes({ pid }: RunningRegistry): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1]) * 1_024
}

export interface Watched {
  readonly peakBytes: number
  readonly slowestHealthMs: number
}

/** Looks at memory and health until it is stopped. */
export function watch(registry: RunningRegistry): { stop(): Promise<Watched> } {
  const seen = { peakBytes: 0, slowestHealthMs: 0 }
  let running = true
  const watching = (async () => {
    while (running) {
      seen.peakBytes = Math.max(seen.peakBytes, await residentBytes(registry))
      seen.slowestHealthMs = Math.max(seen.slowestHealthMs, expectStatus(await send(`${registry.url}/health`), 200).tookMs)
      await delay(20)
    }
  })()
  return {
    async stop() {
      running = false
      await watching
      return seen
    },
  }
}
