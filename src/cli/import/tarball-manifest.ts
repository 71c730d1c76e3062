import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'

const maxBytes = 10_485_760

/** `package.json` of a tarball, wherever its only folder is called. Throws when there is none, or it is no JSON object. */
export async function manifestOf(tarball: string): Promise<Readonly<Record<string, unknown>>> {
  const archive = extract()
  const found = firstManifest(archive)
  // Ends early on purpose: the rest of the archive is of no interest.
  const reading = pipeline(createReadStream(tarball), createGunzip(), archive).catch((error: unknown) => error)
  const text = await found.finally(() => archive.destroy())
  const failure = await reading
  if (text === undefined)
    throw failure instanceof Error && failure.message !== 'Premature close' ? failure : new Error('there is no package.json in it')
  const manifest: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest)) throw new Error('its package.json is no JSON object')
  return manifest as Readonly<Record<string, unknown>>
}

async function firstManifest(archive: ReturnType<typeof extract>): Promise<string | undefined> {
  try {
    for await (const entry of archive) {
      if (!/^[^/]+\/package\.json$/.test(entry.header.name.replace(/^\.\//, ''))) {
        entry.resume()
        continue
      }
      const chunks: Buffer[] = []
      let size = 0
      for await (const chunk of entry as AsyncIterable<Buffer>) {
        size += chunk.length
        if (size > maxBytes) throw new Error('its package.json is larger than 10 MiB')
        chunks.push(chunk)
      }
      return Buffer.concat(chunks).toString('utf8')
    }
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('its package.json')) throw error
  }
  return undefined
}
