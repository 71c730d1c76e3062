import { randomBytes } from 'node:crypto'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { expectStatus, parsed } from './connection.ts'
import { Client, createToken, startRegistry } from './registry.ts'
import { sha256 } from './tarballs.ts'

const mebibyte = 1_048_576

test('design.md §4: SIGTERM finishes what is in flight, refuses what is new, counts the downloads and ends with 0', async () => {
  await using folder = await temporaryFolder()
  const registry = await startRegistry({ dataDir: folder.path })
  const token = await createToken(registry.url)
  const client = new Client(registry.url, token)
  const authorization = `Bearer ${token}`
  const stored = { name: 'stored', bytes: randomBytes(64 * mebibyte) }
  expectStatus(await client.publish(stored, '1.0.0'), 201)

  const uploaded = { name: 'uploaded', bytes: randomBytes(8 * mebibyte) }
  const upload = slowUpload(`${registry.url}/v1/artifacts/admin/uploaded/1.0.0`, authorization, uploaded.bytes)
  const download = slowDownload(`${registry.url}/v1/artifacts/admin/stored/1.0.0`, authorization)
  for (let count = 0; count < 5; count += 1) await client.verify({ artifact: 'stored', version: '1.0.0', digest: sha256(stored.bytes) })
  await delay(500)
  const began = performance.now()
  const exited = registry.stop('SIGTERM')
  await delay(200)
  await expect(client.call('/health', { timeoutMs: 2_000 })).rejects.toThrow(/ECONNREFUSED|ECONNRESET/)
  expect(await upload).toBe(201)
  expect(await download).toBe(sha256(stored.bytes))
  expect(await exited).toBe(0)
  const tookMs = performance.now() - began
  console.log(`stopped after ${Math.round(tookMs)} ms`)
  expect(tookMs).toBeLessThan(30_000)

  await using again = await startRegistry({ dataDir: folder.path })
  const later = new Client(again.url, token)
  expect(parsed<{ downloads: number }>(expectStatus(await later.call('/v1/artifacts/admin/stored'), 200)).downloads).toBe(6)
  await later.verify({ artifact: 'uploaded', version: '1.0.0', digest: sha256(uploaded.bytes) })
})

test('design.md §4: a client that never ends is cut at the drain limit, and its upload leaves nothing', async () => {
  await using folder = await temporaryFolder()
  const registry = await startRegistry({ dataDir: folder.path, env: { REGISTRY_DRAIN_TIMEOUT_MS: '2000' } })
  const token = await createToken(registry.url)
  const stuck = openUpload(`${registry.url}/v1/artifacts/admin/stuck/1.0.0`, `Bearer ${token}`, mebibyte)
  stuck.on('error', () => {})
  stuck.write(randomBytes(1_000))
  await delay(300)
  const began = performance.now()
  expect(await registry.stop('SIGTERM')).toBe(0)
  expect(performance.now() - began).toBeLessThan(10_000)
  await using again = await startRegistry({ dataDir: folder.path })
  expect(await new Client(again.url, token).listed()).toEqual([])
})

function openUpload(url: string, authorization: string, sizeBytes: number): ClientRequest {
  const headers = { authorization, 'content-type': 'application/octet-stream', 'content-length': sizeBytes }
  return request(url, { method: 'POST', headers, agent: false })
}

/** Sends a megabyte every 400 ms. Resolves with the status. */
async function slowUpload(url: string, authorization: string, bytes: Buffer): Promise<number> {
  const outgoing = openUpload(url, authorization, bytes.length)
  const answered = new Promise<number>((resolve, reject) => {
    outgoing.once('error', reject)
    outgoing.once('response', (answer) => {
      answer.resume()
      answer.once('end', () => resolve(answer.statusCode ?? 0))
    })
  })
  for (let sent = 0; sent < bytes.length; sent += mebibyte) {
    outgoing.write(bytes.subarray(sent, sent + mebibyte))
    await delay(400)
  }
  outgoing.end()
  return answered
}

/** Reads at most 16 MiB per second. Resolves with the digest of what arrived. */
async function slowDownload(url: string, authorization: string): Promise<string> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { headers: { authorization }, agent: false }, resolve).once('error', reject).end()
  })
  const chunks: Buffer[] = []
  let sincePause = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    sincePause += chunk.length
    if (sincePause < 4 * mebibyte) continue
    sincePause = 0
    await delay(250)
  }
  if (!answer.complete) throw new Error('the download was cut')
  return sha256(Buffer.concat(chunks))
}
