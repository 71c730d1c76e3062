import { service } from '../../shared/kernel/service.ts'
import type { BlobContent, StoredBlob } from './contract.ts'

/** Keeps blobs that no artifact has yet, for what may be published later. */
export interface HeldBlobs {
  /** Within the surrounding transaction. Returns what `open` and `release` want. */
  hold(blob: StoredBlob, until: Date): Promise<string>
  open(holdId: string): Promise<BlobContent | undefined>
  /** Within the surrounding transaction. The blob then has its grace period. */
  release(holdId: string): Promise<void>
}
export const HeldBlobs = service<HeldBlobs>('artifacts.held_blobs')
