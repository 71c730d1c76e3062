import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'

export interface PackageManifest {
  readonly name: string
  readonly version: string
  readonly [field: string]: unknown
}

/** A folder that a client can publish. */
export async function writePackage(
  folder: string,
  manifest: Readonly<Record<string, unknown>>,
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const all = { 'package.json': `${JSON.stringify(manifest, undefined, 2)}\n`, ...files }
  for (const [path, content] of Object.entries(all)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  return folder
}

/** The tarball of a package as npm packs it. */
export async function packTarball(manifest: PackageManifest, files: Readonly<Record<string, string>> = {}): Promise<Buffer> {
  const all = { 'package.json': JSON.stringify(manifest), 'index.js': `module.exports = '${manifest.name}'\n`, ...files }
  const archive = pack()
  for (const [path, content] of Object.entries(all)) archive.entry({ name: `package/${path}` }, content)
  archive.finalize()
  return gzipSync(await buffer(archive))
}

/** What `npm publish` puts. */
export function publishDocument(manifest: PackageManifest, tarball: Buffer, access: 'public' | 'restricted' | null = null): object {
  const { name, version } = manifest
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`
  const shasum = createHash('sha1').update(tarball).digest('hex')
  const file = `${name}-${version}.tgz`
  const dist = { integrity, shasum, tarball: `http://registry.invalid/${name}/-/${file}` }
  return {
    _id: name,
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifest, _id: `${name}@${version}`, dist } },
    access,
    _attachments: { [file]: { content_type: 'application/octet-stream', data: tarball.toString('base64'), length: tarball.length } },
  }
}

/** Manifests of a tree: every package needs some of the ones after it, so that installing the first one installs them all. */
export function packageTree(scope: string, count: number): PackageManifest[] {
  const name = (index: number) => `${scope}/tree-${String(index).padStart(3, '0')}`
  return Array.from({ length: count }, (_, index) => {
    const needed = [2 * index + 1, 2 * index + 2, index + 7].filter((each) => each < count)
    return { name: name(index), version: '1.0.0', dependencies: Object.fromEntries(needed.map((each) => [name(each), '^1.0.0'])) }
  })
}
