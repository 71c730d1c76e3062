import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { VersionPublished } from '../../metadata/contract.ts'
import { Followers, Graphs } from '../services.ts'

export const recordPublished = defineEffect({
  name: 'timescape.record-published',
  trigger: onEvent(VersionPublished),
  deps: { graphs: Graphs, followers: Followers },
  concurrency: 8,
  dedupe: ({ versionId }) => versionId,
  run: async ({ artifactId, versionId, type }, { graphs, followers }) => {
    if (type === 'transformer') await followers.registerTransformer(versionId)
    await graphs.recordVersion(artifactId, versionId)
  },
})
