/** What an end record and the longest comment behind it take. */
const maxTailBytes = 22 + 65_535
const endRecord = Buffer.from('504b0506', 'hex')
const centralHeader = Buffer.from('504b0102', 'hex')

/**
 * Where a zip begins: its readers look for its end, and take whatever is before it for a program that unpacks it. `undefined` for what has no end of a
 * zip. Its places are counted from its beginning, so the end record and the central directory before it tell how much there is.
 */
export async function zipStart(sizeBytes: number, read: (at: number, length: number) => Promise<Buffer>): Promise<number | undefined> {
  const tailAt = Math.max(0, sizeBytes - maxTailBytes)
  const tail = await read(tailAt, sizeBytes - tailAt)
  const at = tail.length < 22 ? -1 : tail.lastIndexOf(endRecord, tail.length - 22)
  if (at < 0) return undefined
  const [directoryBytes, directoryAt] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)]
  const foundAt = tailAt + at - directoryBytes
  const start = foundAt - directoryAt
  if (start <= 0 || foundAt < 0) return 0
  return (await read(foundAt, 4)).equals(centralHeader) ? start : 0
}
