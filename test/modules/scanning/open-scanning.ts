import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { createGunzip, gzipSync } from 'node:zlib'
import { extract, pack } from 'tar-stream'
import artifacts from '../../../src/modules/artifacts/module.ts'
import auth from '../../../src/modules/auth/module.ts'
import metadata from '../../../src/modules/metadata/module.ts'
import type { AnalysisInput } from '../../../src/modules/scanning/analysis/analysis-input.ts'
import type { AnalysisReport, Component, Finding } from '../../../src/modules/scanning/analysis.contract.ts'
import { catalogers } from '../../../src/modules/scanning/catalogers/index.ts'
import { Advisories } from '../../../src/modules/scanning/contract.ts'
import scanning from '../../../src/modules/scanning/module.ts'
import { ScanWork } from '../../../src/modules/scanning/scan-work.ts'
import { openScanning as openServices, type ScanningDeps } from '../../../src/modules/scanning/services.ts'
import { ScanningSettings } from '../../../src/modules/scanning/settings.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { defineModule, type Module } from '../../../src/shared/kernel/module.ts'
import { startTestKernel } from '../../../src/shared/testing/start-test-kernel.ts'
import { streamOf } from './osv-documents.ts'

const password = 'correct horse battery'
const adminPassword = 'admin-password-1'

/** Unpacks within the process: what the isolated one finds is tested elsewhere. A file `malware` is a finding, a file `broken` a failure. */
export class LiteralAnalyst {
  readonly seen: AnalysisInput[] = []
  failure: Error | undefined

  async analyse(input: AnalysisInput): Promise<AnalysisReport> {
    this.seen.push(input)
    if (this.failure) throw this.failure
    const files = new Map<string, Buffer>()
    for (const layer of input.layers) for (const [path, content] of await unpack(await layer.open())) files.set(path, content)
    const osRelease = parseOsRelease(files.get('etc/os-release')?.toString() ?? '')
    const findings = foundIn(files)
    const verdict = findings.length > 0 ? ({ level: 'malicious', confidence: 1 } as const) : ({ level: 'clean', confidence: 0 } as const)
    return { verdict, components: cataloged(files, osRelease), findings, gaps: [], notes: [], filesSeen: files.size, bytesSeen: 0 }
  }
}

/** What all catalogers find in a file system. */
export const cataloged = (files: ReadonlyMap<string, Buffer>, osRelease: ReadonlyMap<string, string> = new Map()): Component[] =>
  catalogers.flatMap((cataloger) => {
    const wanted = new Map([...files].filter(([path]) => cataloger.wants(path)))
    return wanted.size === 0 ? [] : [...cataloger.catalog(wanted, { osRelease })]
  })

function foundIn(files: ReadonlyMap<string, Buffer>): Finding[] {
  return [...files.keys()]
    .filter((path) => path.endsWith('malware'))
    .map((path) => ({ rule: 'test/malware', category: 'malicious', severity: 'critical', confidence: 1, path, message: 'It is malware.' }))
}

async function unpack(archive: Readable): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>()
  const entries = extract()
  archive.pipe(createGunzip()).pipe(entries)
  for await (const entry of entries) files.set(entry.header.name, await buffer(entry as unknown as Readable))
  return files
}

/** A gzipped tar of these files. */
export async function tarOf(files: Readonly<Record<string, string | object>>): Promise<Buffer> {
  const archive = pack()
  for (const [name, content] of Object.entries(files))
    archive.entry({ name, mtime: new Date(0) }, typeof content === 'string' ? content : JSON.stringify(content))
  archive.finalize()
  return gzipSync(await buffer(Readable.from(archive as unknown as AsyncIterable<Buffer>)))
}

/** The module with another analyst; everything else is what it is. */
function withAnalyst(analyst: LiteralAnalyst, reacts: boolean): Module<object> {
  const { name, description, deps, provides, handlers, events, capabilities } = scanning
  const effects = reacts ? scanning.effects : []
  const migrations = new URL('../../../src/modules/scanning/migrations/', import.meta.url)
  return defineModule({
    ...{ name, description, config: ScanningSettings, deps, provides, handlers, effects, events, capabilities, migrations },
    setup: (found, settings) => openServices(found as unknown as ScanningDeps, settings, analyst) as never,
  })
}

interface Call {
  readonly as?: string
  readonly body?: Buffer | object | string
  readonly headers?: Record<string, string>
}

interface ScanningOptions {
  readonly reacts?: boolean
  readonly analyst?: LiteralAnalyst | 'isolated'
  /** Modules that are there beside. */
  readonly others?: readonly Module<never>[]
}

/** A registry that scans, and people in it; unless it `reacts`, nothing happens by itself. */
export async function openScanning(
  settings: Partial<ScanningSettings> = {},
  { reacts = true, analyst = new LiteralAnalyst(), others = [] }: ScanningOptions = {},
) {
  const kernel = await startTestKernel({
    modules: [
      ...[auth, metadata, artifacts].map((module) => ({ module, settings: module.name === 'auth' ? accounts : {} })),
      { module: analyst === 'isolated' ? scanning : withAnalyst(analyst, reacts), settings: { rescanPauseSeconds: 0, ...settings } },
      ...others.map((module) => ({ module, settings: {} })),
    ],
  })
  const { sql } = kernel.resolve(Database)
  const credentials = (as: string) => `Basic ${Buffer.from(`${as}:${as === 'admin' ? adminPassword : password}`).toString('base64')}`
  const request = (method: 'GET' | 'PUT' | 'PATCH' | 'DELETE' | 'POST', url: string, { as, body, headers = {} }: Call = {}) =>
    kernel.http.inject({
      ...{ method, url },
      headers: {
        ...(Buffer.isBuffer(body) && { 'content-type': 'application/octet-stream' }),
        ...(as && { authorization: credentials(as) }),
        ...headers,
      },
      ...(body !== undefined && { payload: body }),
    })
  const user = async (username: string): Promise<void> => {
    const answer = await request('POST', '/v1/users', { body: { username, password, email: `${username}@example.org` } })
    if (answer.statusCode !== 201) throw new Error(answer.body)
  }
  /** `namespace/name/version`; answers the digest of its manifest. */
  const publish = async (as: string, path: string, files: Readonly<Record<string, string | object>>): Promise<string> => {
    const answer = await request('POST', `/v1/artifacts/${path}`, { as, body: await tarOf(files) })
    if (answer.statusCode > 202) throw new Error(answer.body)
    return answer.json<{ digest: string }>().digest
  }
  const take = async (...documents: unknown[]) => kernel.resolve(Advisories).import(streamOf(documents))
  return {
    ...{
      kernel,
      sql,
      analyst: analyst === 'isolated' ? new LiteralAnalyst() : analyst,
      request,
      user,
      publish,
      take,
      work: kernel.resolve(ScanWork),
    },
    settled: () => kernel.drainEffects(),
    /** The scan of `namespace/name/version`. */
    scanOf: async (path: string, as?: string) => (await request('GET', `/v1/artifacts/${path}/scan`, { ...(as && { as }) })).json(),
    [Symbol.asyncDispose]: () => kernel[Symbol.asyncDispose](),
  }
}
export type ScanningRegistry = Awaited<ReturnType<typeof openScanning>>

const accounts = { adminPassword, passwordMemoryKib: 1_024, passwordPasses: 1, registration: 'open' }

/** An advisory of one package, from `introduced` to before `fixed`. */
export const advisory = (
  id: string,
  about: {
    ecosystem?: string
    name: string
    introduced?: string
    fixed?: string
    vector?: string
    modified?: string
    aliases?: string[]
    withdrawn?: string
  },
) => ({
  schema_version: '1.6.0',
  ...{
    id,
    modified: about.modified ?? '2026-01-01T00:00:00Z',
    aliases: about.aliases ?? [],
    summary: `What ${id} is about`,
    details: `All of ${id}.`,
  },
  ...(about.withdrawn !== undefined && { withdrawn: about.withdrawn }),
  ...(about.vector !== undefined && { severity: [{ type: 'CVSS_V3', score: about.vector }] }),
  affected: [
    {
      package: { ecosystem: about.ecosystem ?? 'npm', name: about.name },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: about.introduced ?? '0' }, ...(about.fixed ? [{ fixed: about.fixed }] : [])] }],
    },
  ],
  references: [{ type: 'WEB', url: `https://example.org/${id}` }],
})

/** CVSS 9.8. */
export const critical = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'
/** CVSS 5.3. */
export const moderate = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L'

/** os-release(5): `KEY=value`, quoted or not. */
export function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const line of text.split('\n').slice(0, 200)) {
    const [, key, value = ''] = /^\s*([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? []
    if (key) values.set(key, value.trim().replace(/^(["'])(.*)\1$/, '$2'))
  }
  return values
}
