import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'

const memory = '/dev/shm'
const roomBytes = 4 * 1024 ** 3

/**
 * Where tests keep what ends with them. A database is a thousand files, and blobs wait for the disk: in memory, where the machine has room there,
 * that costs a tenth of the time.
 */
export async function quickFolder(): Promise<string> {
  const { bavail, bsize } = await statfs(memory).catch(() => ({ bavail: 0, bsize: 0 }))
  return bavail * bsize >= roomBytes ? memory : tmpdir()
}
