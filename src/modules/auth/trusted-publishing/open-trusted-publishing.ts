import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { KernelInfo } from '../../../shared/kernel/kernel-info.ts'
import type { Logger } from '../../../shared/kernel/logger.ts'
import type { Outbound } from '../../../shared/kernel/outbound.ts'
import type { Audit } from '../contract.ts'
import type { Standing } from '../standing.ts'
import { IdTokens } from './id-tokens.ts'
import { Publishers } from './publishers.service.ts'
import type { TrustedIssuer } from './settings.ts'
import { TrustedPublishingService } from './trusted-publishing.service.ts'

export interface TrustedPublishingParts {
  readonly database: Database
  readonly transaction: Transaction
  readonly audit: Audit
  readonly standing: Standing
  readonly log: Logger
  readonly info: KernelInfo
  readonly outbound: Outbound
}

export function openTrustedPublishing(parts: TrustedPublishingParts, issuers: readonly TrustedIssuer[]): TrustedPublishingService {
  return new TrustedPublishingService({
    ...parts,
    publishers: new Publishers({ ...parts, issuers }),
    idTokens: new IdTokens({ ...parts, issuers }),
  })
}
