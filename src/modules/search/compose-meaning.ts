import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Effects } from '../../shared/kernel/effects.ts'
import type { Logger } from '../../shared/kernel/logger.ts'
import type { Outbound } from '../../shared/kernel/outbound.ts'
import type { Authorizer } from '../auth/contract.ts'
import type { Catalog } from '../metadata/contract.ts'
import type { Signatures } from '../timescape/signatures.contract.ts'
import { learnMeaning } from './effects/learn-meaning.ts'
import { RelatedService } from './related/related.service.ts'
import type { DocumentFollower } from './search-driver.ts'
import { hashingEmbedder } from './semantic/hashing-embedder.ts'
import { MeaningUpkeepService } from './semantic/meaning-upkeep.ts'
import { embedderOf, type SemanticSettings } from './semantic/semantic-settings.ts'
import { SemanticSource } from './semantic/semantic-source.ts'
import { VectorIndex } from './semantic/vector-index.ts'
import { SignatureIndex } from './signatures/signature-index.ts'
import { SignatureSource } from './signatures/signature-source.ts'

export interface MeaningDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly authorizer: Authorizer
  readonly catalog: Catalog
  readonly effects: Effects
  readonly outbound: Outbound
  readonly log: Logger
  readonly signatures: Signatures | undefined
}

/** What finds artifacts by something else than their words. */
export function composeMeaning(deps: MeaningDeps, settings: SemanticSettings) {
  const embedder = embedderOf(settings, deps.outbound)
  const vectors = new VectorIndex(deps.database, embedder)
  const signatures = new SignatureIndex(deps)
  const follower: DocumentFollower = {
    changed: async (written) => {
      // In one order everywhere, or two transactions could wait for each other's rows.
      const ids = written.map(({ artifactId }) => artifactId).toSorted()
      // What takes no other service and cannot be refused is done at once: an effect of its own would cost more.
      const left = embedder === hashingEmbedder ? (await Promise.all([signatures.renewPlain(ids), vectors.renew(ids)]))[0] : ids
      if (left.length > 0) await deps.effects.request(learnMeaning, { artifactIds: left })
    },
  }
  return {
    followers: [follower],
    sources: [new SemanticSource(vectors, deps.log), new SignatureSource(signatures)],
    meaning: new MeaningUpkeepService({ ...deps, vectors, signatures }),
    related: new RelatedService({ ...deps, vectors }),
  }
}
