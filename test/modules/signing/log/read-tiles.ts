import { emptyRoot, nodeHash } from '../../../../src/shared/transparency/merkle.ts'

type Get = (url: string) => Promise<{ readonly statusCode: number; readonly rawPayload: Buffer }>

const nameOf = (index: number, width: number): string => {
  const groups = [...String(index).padStart(3, '0')]
  const text = groups.join('').padStart(Math.ceil(groups.length / 3) * 3, '0')
  const parts = text.match(/\d{3}/g) ?? []
  const path = parts.map((part, at) => (at < parts.length - 1 ? `x${part}` : part)).join('/')
  return width === 256 ? path : `${path}.p/${width}`
}

/** All leaves of a log, as a monitor reads them: their hashes from tiles of level 0, their bytes from bundles of entries. */
export async function tilesOf(get: Get, size: number) {
  const leaves: { readonly hash: Buffer; readonly entry: Buffer }[] = []
  for (let index = 0; index * 256 < size; index++) {
    const width = Math.min(256, size - index * 256)
    const [hashes, entries] = await Promise.all(['0', 'entries'].map((level) => get(`/v1/log/tile/${level}/${nameOf(index, width)}`)))
    const bundle = splitEntries(entries?.rawPayload ?? Buffer.alloc(0))
    for (let at = 0; at < width; at++)
      leaves.push({ hash: hashes?.rawPayload.subarray(at * 32, at * 32 + 32) ?? Buffer.alloc(0), entry: bundle[at] ?? Buffer.alloc(0) })
  }
  return leaves
}

function splitEntries(bundle: Buffer): Buffer[] {
  const entries: Buffer[] = []
  for (let at = 0; at < bundle.length; ) {
    const end = at + 2 + bundle.readUInt16BE(at)
    entries.push(bundle.subarray(at + 2, end))
    at = end
  }
  return entries
}

/** RFC 6962 §2.1, without any tiles. */
export function rootOf(hashes: readonly Buffer[]): Buffer {
  const [only] = hashes
  if (!only) return emptyRoot
  if (hashes.length === 1) return only
  const split = 2 ** Math.ceil(Math.log2(hashes.length) - 1)
  return nodeHash(rootOf(hashes.slice(0, split)), rootOf(hashes.slice(split)))
}
