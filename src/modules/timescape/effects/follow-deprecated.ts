import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { VersionDeprecated } from '../../metadata/contract.ts'
import { Followers } from '../services.ts'

export const followDeprecated = defineEffect({
  name: 'timescape.follow-deprecated',
  trigger: onEvent(VersionDeprecated),
  deps: { followers: Followers },
  concurrency: 4,
  dedupe: ({ versionId }) => versionId,
  run: ({ versionId }, { followers }) => followers.deprecationChanged(versionId),
})
