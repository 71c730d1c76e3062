import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { VersionsCompleted } from '../../metadata/completions.contract.ts'
import { Followers } from '../services.ts'

/** What versions depend on was found out later. */
export const indexCompleted = defineEffect({
  name: 'timescape.index-completed',
  trigger: onEvent(VersionsCompleted),
  deps: { followers: Followers },
  run: async ({ versions }, { followers }) => {
    const artifactIds = new Set(versions.map(({ artifactId }) => artifactId))
    await Promise.all([...artifactIds].map((artifactId) => followers.indexDependencies(artifactId)))
  },
})
