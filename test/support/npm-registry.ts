import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type NpmClient, openClient } from './npm-client.ts'
import { type PackageManifest, packageTree, packTarball, publishDocument, writePackage } from './npm-package.ts'
import { cliOf } from './run-cli.ts'
import { type RegistryOptions, runRegistry } from './run-registry.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface Person {
  readonly username: string
  readonly password: string
}
/** Owner of the organization `acme`. */
export const ann: Person = { username: 'ann', password: 'staple battery horse correct' }
/** Someone with no right to anything. */
export const bob: Person = { username: 'bob', password: 'battery staple correct horse' }

export const basic = ({ username, password }: Person): string => `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

interface Published {
  readonly files?: Readonly<Record<string, string>>
  readonly access?: 'public' | 'restricted'
}
type Call = Omit<RequestInit, 'body'> & { as?: Person; body?: object }

/** A compiled registry that knows ann, bob and acme, and clients that each live in a home of their own. */
export async function openNpmRegistry(options: RegistryOptions = {}) {
  const folder = await temporaryFolder()
  const registry = await runRegistry({
    ...options,
    env: { REGISTRY_AUTH_REGISTRATION: 'open', ...options.env },
  })
  const url = `${registry.url}/npm/`

  const api = async (path: string, { as, ...init }: Call = {}): Promise<unknown> => {
    const response = await fetch(`${registry.url}${path}`, {
      ...init,
      headers: { ...(as && { authorization: basic(as) }), ...(init.body && { 'content-type': 'application/json' }) },
      body: init.body ? JSON.stringify(init.body) : null,
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path}: ${response.status} ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }

  const dispose = async () => {
    await registry[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  }
  try {
    for (const person of [ann, bob]) {
      await api('/v1/users', { method: 'POST', body: { ...person, email: `${person.username}@example.org` } })
    }
    await api('/v1/organizations', { method: 'POST', as: ann, body: { name: 'acme' } })
    await api('/v1/namespaces/acme', { method: 'PATCH', as: ann, body: { visibility: 'public' } })
  } catch (error) {
    await dispose()
    throw error
  }

  let publisher: Promise<string> | undefined
  const token = async (person: Person, ...scopes: readonly string[]): Promise<string> => {
    const body = { name: 'client', scopes: scopes.length === 0 ? ['admin'] : scopes }
    const { token } = (await api('/v1/tokens', { method: 'POST', as: person, body })) as { token: string }
    return token
  }
  const publish = async (manifest: PackageManifest, { files, access }: Published = {}): Promise<void> => {
    // With a token, because every password costs as much work as it was made to.
    publisher ??= token(ann)
    const document = publishDocument(manifest, await packTarball(manifest, files), access)
    const answer = await fetch(`${url}${manifest.name.replace('/', '%2f')}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${await publisher}`, 'content-type': 'application/json' },
      body: JSON.stringify(document),
    })
    if (!answer.ok) throw new Error(`PUT ${manifest.name}: ${answer.status} ${await answer.text()}`)
  }
  return {
    ...{ registry, url, host: `127.0.0.1:${registry.port}`, folder: folder.path, api, token, publish },
    /** Logged in as the person, or with the token, when one is given. */
    async client(command: string, as?: Person | string): Promise<NpmClient> {
      const home = await newFolder(folder.path, command)
      return openClient({ command, home, url, ...(as && { token: typeof as === 'string' ? as : await token(as) }) })
    },
    /** A folder with this package in it. */
    packageFolder: async (manifest: Readonly<Record<string, unknown>>, files: Readonly<Record<string, string>> = { 'index.js': '\n' }) =>
      writePackage(await newFolder(folder.path, 'package'), manifest, files),
    /** A package of that many dependencies, published; gives the name of its root. */
    async publishTree(count: number): Promise<string> {
      const manifests = packageTree('@acme', count)
      const left = [...manifests]
      const worker = async () => {
        for (let next = left.pop(); next !== undefined; next = left.pop()) await publish(next)
      }
      await Promise.all([worker(), worker(), worker(), worker()])
      return manifests[0]?.name ?? ''
    },
    /** Says that versions of a package below 2.0.0 are vulnerable. */
    async importAdvisory(name: string): Promise<void> {
      const advisories = await newFolder(folder.path, 'advisories')
      await writeFile(join(advisories, 'GATI-2026-0001.json'), JSON.stringify(advisoryOf(name)))
      const { code, stderr } = await cliOf(join(folder.path, 'cli'), registry.url, folder.path).run(['advisories', 'import', advisories], {
        env: { REGISTRY_DATA_DIR: registry.dataDir },
      })
      if (code !== 0) throw new Error(`advisories import ended with ${code}: ${stderr}`)
    },
    [Symbol.asyncDispose]: dispose,
  }
}
export type NpmRegistry = Awaited<ReturnType<typeof openNpmRegistry>>

let folders = 0
async function newFolder(parent: string, name: string): Promise<string> {
  folders += 1
  const path = join(parent, `${name}-${folders}`)
  await mkdir(path, { recursive: true })
  return path
}

const advisoryOf = (name: string): object => ({
  schema_version: '1.6.0',
  id: 'GATI-2026-0001',
  modified: '2026-01-02T00:00:00Z',
  published: '2026-01-01T00:00:00Z',
  summary: 'Fictional hole in a fictional package',
  details: 'Nobody should worry.',
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
  affected: [
    {
      package: { ecosystem: 'npm', name },
      ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '2.0.0' }] }],
    },
  ],
  references: [{ type: 'ADVISORY', url: 'https://example.org/GATI-2026-0001' }],
  database_specific: { severity: 'CRITICAL' },
})
