import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { PublicationHeld } from '../../metadata/publications.contract.ts'
import { SignatureCollection } from '../signature-collector.service.ts'

/** Its signature may have been faster. */
export const settleHeld = defineEffect({
  name: 'signing.settle-held',
  trigger: onEvent(PublicationHeld),
  deps: { collection: SignatureCollection },
  concurrency: 4,
  dedupe: ({ artifactId, manifestDigest }) => `${artifactId} ${manifestDigest}`,
  run: async ({ artifactId, manifestDigest, policies }, { collection }) => {
    if (policies.includes('signing')) await collection.settle({ artifactId, manifestDigest })
  },
})
