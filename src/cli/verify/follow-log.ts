import type { Checkpoint } from '../../shared/transparency/checkpoint.ts'
import { isConsistent } from '../../shared/transparency/merkle.ts'
import type { RegistryClient } from '../client.ts'
import { Failure } from '../failure.ts'
import { type KnownLog, originOf } from './known-logs.ts'

/** How a checkpoint stands to the one that was seen last: `grown` is proven, `newer` is larger and no more is known. */
export type Standing = 'first' | 'same' | 'grown' | 'newer' | 'older'

/** Throws a Failure when the log was rolled back, or shows others something else than it shows us. */
export async function followLog(client: RegistryClient, known: KnownLog | undefined, checkpoint: Checkpoint): Promise<Standing> {
  if (!known) return 'first'
  if (checkpoint.size < known.size) throw refused(`the log was rolled back: it had ${known.size} entries, now it shows ${checkpoint.size}`)
  const standing = standingOffline(known, checkpoint)
  if (standing !== 'newer') return standing
  const query = { first: known.size, second: checkpoint.size }
  const { proof } = await client.json<{ proof?: unknown }>('/v1/log/proof', { query })
  const hashes = Array.isArray(proof) ? proof.map((hash) => Buffer.from(String(hash), 'base64')) : []
  if (!isConsistent({ size: known.size, root: Buffer.from(known.root, 'base64') }, checkpoint, hashes))
    throw refused(
      `the log has another past than the one seen before: its ${known.size} entries are not the first ones of these ${checkpoint.size}`,
    )
  return 'grown'
}

/** As far as two checkpoints tell without a proof. */
export function standingOffline(known: KnownLog | undefined, { origin, size, root }: Checkpoint): Standing {
  if (!known) return 'first'
  if (originOf(known.key) !== origin) throw refused(`this registry showed another log before: ${originOf(known.key)}`)
  if (size === known.size && !root.equals(Buffer.from(known.root, 'base64')))
    throw refused(`the log has two pasts: another tree of ${size} entries was seen before`)
  return size === known.size ? 'same' : size > known.size ? 'newer' : 'older'
}

const refused = (reason: string): Failure => new Failure(`verification failed: ${reason}`)
