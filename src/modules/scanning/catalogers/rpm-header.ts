const tags = { name: 1_000, version: 1_001, release: 1_002, epoch: 1_003, license: 1_014, sourceRpm: 1_044 } as const
const int32 = 4
const maxEntries = 65_536

export interface RpmPackage {
  readonly name: string
  /** `epoch:version-release`; without an epoch of 0. */
  readonly version: string
  readonly license: string
  readonly sourceRpm: string
}

/** The header of one package as every rpm database stores it: counts, entries of 16 bytes, data; big endian. */
export function readRpmHeader(header: Buffer): RpmPackage | undefined {
  if (header.length < 8) return undefined
  const count = header.readUInt32BE(0)
  const dataStart = 8 + 16 * count
  if (count > maxEntries || dataStart > header.length) return undefined
  const values = new Map<number, string>()
  for (let at = 8; at < dataStart; at += 16) {
    const start = dataStart + header.readUInt32BE(at + 8)
    const value = start < header.length ? valueAt(header, start, header.readUInt32BE(at + 4)) : undefined
    if (value !== undefined) values.set(header.readUInt32BE(at), value)
  }
  const text = (tag: number): string => values.get(tag) ?? ''
  if (text(tags.name) === '') return undefined
  const epoch = Number(text(tags.epoch) || 0)
  const version = `${epoch > 0 ? `${epoch}:` : ''}${text(tags.version)}-${text(tags.release)}`
  return { name: text(tags.name), version, license: text(tags.license), sourceRpm: text(tags.sourceRpm) }
}

function valueAt(header: Buffer, start: number, type: number): string | undefined {
  if (type === int32) return start + 4 <= header.length ? String(header.readUInt32BE(start)) : undefined
  // String, list of strings, text in several languages: the first one.
  if (type !== 6 && type !== 8 && type !== 9) return undefined
  const end = header.indexOf(0, start)
  return end < 0 || end - start > 4_096 ? undefined : header.toString('utf8', start, end)
}
