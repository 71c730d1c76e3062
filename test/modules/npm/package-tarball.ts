import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { type Header, pack } from 'tar-stream'

export interface TarFile extends Partial<Omit<Header, 'name'>> {
  readonly name: string
  readonly content?: string | Buffer
}

/** An archive of exactly these entries. */
export async function tar(files: readonly TarFile[]): Promise<Buffer> {
  const archive = pack()
  for (const { content = '', ...header } of files) archive.entry({ mtime: new Date(0), ...header }, content)
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

export const tgz = async (files: readonly TarFile[]): Promise<Buffer> => gzipSync(await tar(files))

/** What `npm pack` makes of a `package.json` and other files. */
export const packed = (packageJson: object, files: Readonly<Record<string, string | Buffer>> = {}): Promise<Buffer> =>
  tgz([
    { name: 'package/package.json', content: JSON.stringify(packageJson, undefined, 2) },
    ...Object.entries(files).map(([name, content]) => ({ name: `package/${name}`, content })),
  ])

export const integrityOf = (bytes: Buffer): string => `sha512-${createHash('sha512').update(bytes).digest('base64')}`
export const shasumOf = (bytes: Buffer): string => createHash('sha1').update(bytes).digest('hex')

/** The document npm 11 sends. */
export function npmDocument(
  manifest: { readonly name: string; readonly version: string },
  tarball: Buffer,
  more: { readonly tag?: string; readonly access?: unknown } = {},
) {
  const { name, version } = manifest
  const fileName = `${name}-${version}.tgz`
  return {
    _id: name,
    name,
    'dist-tags': { [more.tag ?? 'latest']: version },
    versions: {
      [version]: {
        ...manifest,
        ...{ _id: `${name}@${version}`, _nodeVersion: '24.15.0', _npmVersion: '11.19.1' },
        dist: { integrity: integrityOf(tarball), shasum: shasumOf(tarball), tarball: `http://registry.example.org/${name}/-/${fileName}` },
      },
    },
    access: more.access ?? null,
    _attachments: { [fileName]: { content_type: 'application/octet-stream', data: tarball.toString('base64'), length: tarball.length } },
  }
}
