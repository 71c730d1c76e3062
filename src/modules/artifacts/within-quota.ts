import type { Namespace } from '../metadata/contract.ts'
import type { Quotas } from './quota.service.ts'

/** So much is reserved at once when nobody knows how much will come, */
const pieceBytes = 1_048_576
/** and so much more where there is plenty. */
const stepBytes = 16_777_216

export interface Arrival {
  readonly quotas: Quotas
  readonly namespace: Namespace
  readonly sessionId: string
  /** Bytes that the session has. */
  readonly offset: number
  /** Bytes that come, when they were announced. */
  readonly sizeBytes: number | undefined
}

interface Piece {
  readonly chunks: Buffer[]
  sizeBytes: number
}

/**
 * Passes on only what the quota has room for, which is reserved first: before anything is read when the length is known, else piece by piece. Nothing
 * is reserved before the driver reads, because only then it is sure that no other process writes to the session.
 */
export async function* withinQuota(
  body: AsyncIterable<Buffer>,
  { quotas, namespace, sessionId, offset, sizeBytes }: Arrival,
): AsyncGenerator<Buffer> {
  const hold = (neededBytes: number, moreBytes = 0) => quotas.hold(namespace, sessionId, { neededBytes, moreBytes })
  let usedBytes = offset
  let heldBytes = sizeBytes === undefined ? offset : await hold(offset + sizeBytes)
  try {
    for await (const piece of inPieces(body)) {
      const neededBytes = usedBytes + piece.sizeBytes
      if (neededBytes > heldBytes) heldBytes = await hold(neededBytes, stepBytes)
      usedBytes = neededBytes
      yield* piece.chunks
    }
  } finally {
    // What cannot be given back now stays reserved for as long as the session.
    if (usedBytes < heldBytes) await quotas.giveBack(sessionId, { heldBytes, usedBytes }).catch(() => undefined)
  }
}

/** What came before a body failed is a piece, too (D-11). */
async function* inPieces(body: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  let piece: Piece = { chunks: [], sizeBytes: 0 }
  try {
    for await (const chunk of body) {
      piece.chunks.push(chunk)
      piece.sizeBytes += chunk.length
      if (piece.sizeBytes < pieceBytes) continue
      yield piece
      piece = { chunks: [], sizeBytes: 0 }
    }
  } catch (error) {
    yield piece
    throw error
  }
  yield piece
}
