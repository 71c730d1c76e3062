import type { Database } from '../../../shared/kernel/database.ts'
import type { BlobDriver } from '../contract.ts'
import type { LiveKeys } from '../live-keys.ts'

export interface FsckParts {
  readonly database: Database
  readonly driver: BlobDriver
  readonly live: LiveKeys
  /** Files without a row are the collector's business for so long. */
  readonly orphanSeconds: number
}

/** Something that should not be. Without `repair` only a person can decide what to do. */
export interface Finding {
  readonly kind: string
  readonly subject: string
  readonly detail: string
  readonly repair?: () => Promise<unknown>
}

export const identityOf = ({ kind, subject }: Finding): string => `${kind} ${subject}`
