import { createHash } from 'node:crypto'
import { type PackageManifest, packTarball, publishDocument } from '../support/npm-package.ts'
import { type Answer, expectStatus, parsed } from './connection.ts'
import type { Client } from './registry.ts'

/** A version of a package, with the tarball that was published as it. */
export interface Release {
  readonly name: string
  readonly version: string
  readonly manifest: PackageManifest
  readonly tarball: Buffer
}

export interface ListedVersion {
  readonly name: string
  readonly version: string
  readonly dist: { readonly tarball: string; readonly integrity: string; readonly shasum: string }
}

export interface PackageDocument {
  readonly name: string
  readonly 'dist-tags': Readonly<Record<string, string>>
  readonly versions: Readonly<Record<string, ListedVersion>>
}

export type Form = 'full' | 'abbreviated'
export const forms: readonly Form[] = ['full', 'abbreviated']

export interface ReleaseContent {
  /** Makes the bytes its own. */
  readonly text?: string
  /** Further members of package.json. */
  readonly more?: Readonly<Record<string, unknown>>
}

export async function makeRelease(name: string, version: string, { text = version, more = {} }: ReleaseContent = {}): Promise<Release> {
  const manifest = { name, version, description: 'of the fault tests', ...more }
  return { name, version, manifest, tarball: await packTarball(manifest, { 'README.md': `# ${name}\n\n${text}\n` }) }
}

export const integrityOf = (bytes: Buffer): string => `sha512-${createHash('sha512').update(bytes).digest('base64')}`

/** The last segment of a tarball's URL. */
export const fileName = ({ name, version }: Pick<Release, 'name' | 'version'>): string => `${name.split('/').at(-1)}-${version}.tgz`

const acceptOf: Readonly<Record<Form, string>> = { full: 'application/json', abbreviated: 'application/vnd.npm.install-v1+json' }

/** What clients of npm ask of a registry, each thing in one request. */
export class NpmClient {
  readonly client: Client

  constructor(client: Client) {
    this.client = client
  }

  /** `tags` are the dist-tags it names; none may be given. */
  publish({ name, version, manifest, tarball }: Release, tags: readonly string[] = ['latest']): Promise<Answer> {
    const document = publishDocument(manifest, tarball)
    const json = { ...document, 'dist-tags': Object.fromEntries(tags.map((tag) => [tag, version])) }
    return this.client.call(packagePath(name), { method: 'PUT', json })
  }

  moveTag(name: string, tag: string, version: string): Promise<Answer> {
    return this.client.call(`/npm/-/package/${encoded(name)}/dist-tags/${tag}`, { method: 'PUT', json: version })
  }

  async document(name: string, form: Form): Promise<PackageDocument> {
    const answer = await this.client.call(packagePath(name), { headers: { accept: acceptOf[form] } })
    return parsed<PackageDocument>(expectStatus(answer, 200))
  }

  tarball(release: Pick<Release, 'name' | 'version'>): Promise<Answer> {
    return this.client.call(`${packagePath(release.name)}/-/${fileName(release)}`)
  }

  /** Throws unless the listed version is there with the bytes its document speaks of, and no others. */
  async verifyListed({ name, version, dist }: ListedVersion): Promise<Buffer> {
    const { pathname } = new URL(dist.tarball)
    const { body } = expectStatus(await this.client.call(pathname), 200)
    if (integrityOf(body) !== dist.integrity) throw new Error(`${name}@${version} is listed with another integrity than its tarball has`)
    if (createHash('sha1').update(body).digest('hex') !== dist.shasum) throw new Error(`${name}@${version} is listed with another shasum`)
    return body
  }
}

const encoded = (name: string): string => name.replace('/', '%2f')
const packagePath = (name: string): string => `/npm/${encoded(name)}`
