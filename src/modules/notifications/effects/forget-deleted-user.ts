import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { CredentialRevoked } from '../../auth/contract.ts'
import { Upkeep } from '../upkeep.service.ts'

/** Whoever is deleted loses every credential, and this is the event of it. */
export const forgetDeletedUser = defineEffect({
  name: 'notifications.forget-deleted-user',
  trigger: onEvent(CredentialRevoked),
  deps: { upkeep: Upkeep },
  concurrency: 4,
  dedupe: ({ userId }) => userId,
  run: ({ userId }, { upkeep }, { signal }) => upkeep.forget(userId, signal),
})
