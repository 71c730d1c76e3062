import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { ManifestPushed } from '../../artifacts/contract.ts'
import { SignatureCollection } from '../signature-collector.service.ts'

export const collectPushed = defineEffect({
  name: 'signing.collect-pushed',
  trigger: onEvent(ManifestPushed),
  deps: { collection: SignatureCollection },
  concurrency: 4,
  run: (pushed, { collection }) => collection.collect(pushed),
})
