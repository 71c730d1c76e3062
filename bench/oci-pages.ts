// Pages of long lists over /v2/, and the deletion of one manifest of many: `npm run build && npm run bench -- oci-pages`.
// The rows are made in the database; the pages are asked for by one client over one connection.
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openRegistry } from '../src/app.ts'
import { Database } from '../src/shared/kernel/database.ts'
import { adminPassword, median, row, startServer } from './support/server.ts'

const rounds = 200
const authorization = `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`
const repository = '/v2/admin/bench'

const folder = await mkdtemp(join(tmpdir(), 'gati-bench-'))
const server = await startServer({ REGISTRY_DATA_DIR: folder, REGISTRY_LOG_LEVEL: 'error' })

/** Throws for another status than `expected`. */
async function call(expected: number, line: string, body?: { readonly type: string; readonly text: string }): Promise<ArrayBuffer> {
  const [method = '', path = ''] = line.split(' ')
  const headers = { authorization, ...(body && { 'content-type': body.type }) }
  const response = await fetch(server.url + path, { method, headers, ...(body && { body: body.text }) })
  const content = await response.arrayBuffer()
  if (response.status !== expected) throw new Error(`${line}: ${response.status} ${Buffer.from(content)}`)
  return content
}

const put = (path: string, text: string): Promise<ArrayBuffer> => call(201, `PUT ${path}`, { type: imageType, text })

const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`
const imageType = 'application/vnd.oci.image.manifest.v1+json'
const image = (label: string): string => {
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256('{}'), size: 2 }
  return JSON.stringify({ schemaVersion: 2, mediaType: imageType, config, layers: [], annotations: { label } })
}

async function milliseconds(work: (round: number) => Promise<unknown>, times = rounds): Promise<string> {
  for (let warm = 0; warm < 20; warm += 1) await work(-1 - warm)
  const found: number[] = []
  for (let round = 0; round < times; round += 1) {
    const began = performance.now()
    await work(round)
    found.push(performance.now() - began)
  }
  const sorted = found.toSorted((a, b) => a - b)
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN
  return `p50 ${median(found).toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`
}

async function seed(): Promise<void> {
  const kernel = await openRegistry({ env: { REGISTRY_DATA_DIR: folder, REGISTRY_LOG_LEVEL: 'error' }, background: false })
  const { sql } = kernel.resolve(Database)
  await sql`insert into tags (artifact_id, name, manifest_digest, change_id)
    select a.id, 'tag-' || lpad(i::text, 6, '0'), 'sha256:' || encode(sha256(i::text::bytea), 'hex'), gen_random_uuid()
    from artifacts a, generate_series(1, 100000) i where a.name = 'bench'`
  await sql`insert into tags (artifact_id, name, manifest_digest, change_id)
    select a.id, 'tag-' || lpad(i::text, 6, '0'), 'sha256:' || encode(sha256(i::text::bytea), 'hex'), gen_random_uuid()
    from artifacts a, generate_series(1, 10000) i where a.name = 'deleted'`
  await sql`insert into artifacts (id, namespace_id, name, folded, format, type, has_manifests)
    select gen_random_uuid(), n.id, 'repo-' || i, 'repo' || i, 'oci', 'module-oci', true
    from namespaces n, generate_series(1, 100000) i where n.name = 'admin'`
  await sql`with made as (
      insert into manifests (id, algorithm, digest, media_type, content)
      select gen_random_uuid(), 'sha256', encode(sha256(n::text::bytea), 'hex'), ${imageType}, '{}' from generate_series(1, 10000) n
      returning id, digest, media_type
    ), held as (
      insert into artifact_manifests (artifact_id, manifest_id) select a.id, m.id from made m, artifacts a where a.name = 'bench'
      returning artifact_id, manifest_id
    )
    insert into artifact_referrers (artifact_id, subject, digest, manifest_id, artifact_type, descriptor)
    select h.artifact_id, ${sha256(image('subject'))}, 'sha256:' || m.digest, m.id, 'application/spdx+json',
      json_build_object('mediaType', m.media_type, 'digest', 'sha256:' || m.digest, 'size', 2, 'artifactType', 'application/spdx+json')::text
    from held h join made m on m.id = h.manifest_id`
  await sql`analyze`
  await kernel.stop('seeded')
}

try {
  for (const name of ['bench', 'deleted']) {
    const blob = { type: 'application/octet-stream', text: '{}' }
    await call(201, `POST /v2/admin/${name}/blobs/uploads/?digest=${sha256('{}')}`, blob)
    await put(`/v2/admin/${name}/manifests/subject`, image('subject'))
  }
  await seed()
  const read = (path: string) => () => call(200, `GET ${path}`)
  row('100,000 tags: first page of 100', await milliseconds(read(`${repository}/tags/list?n=100`)))
  row('100,000 tags: page of 1,000 from the middle', await milliseconds(read(`${repository}/tags/list?n=1000&last=tag-050000`)))
  row('100,000 repositories: first page of 100', await milliseconds(read('/v2/_catalog?n=100')))
  row('100,000 repositories: page of 1,000 from the middle', await milliseconds(read('/v2/_catalog?n=1000&last=admin/repo-50000')))
  row('10,000 referrers: first page (500)', await milliseconds(read(`${repository}/referrers/${sha256(image('subject'))}`)))
  const filtered = `${repository}/referrers/${sha256(image('subject'))}?artifactType=application/spdx%2Bjson`
  row('10,000 referrers: first page, of one type', await milliseconds(read(filtered)))
  for (let at = -20; at < rounds; at += 1) await put(`/v2/admin/deleted/manifests/m${at + 100}`, image(`deleted ${at}`))
  const remove = (round: number) => call(202, `DELETE /v2/admin/deleted/manifests/${sha256(image(`deleted ${round}`))}`)
  row('delete a manifest beside 10,000 tags', await milliseconds(remove))
} finally {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
}
