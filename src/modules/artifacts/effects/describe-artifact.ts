import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { ManifestPushed } from '../contract.ts'
import { Descriptions } from '../description.service.ts'

/** What was pushed under a name describes the artifact, until the next such push. */
export const describeArtifact = defineEffect({
  name: 'artifacts.describe-artifact',
  trigger: onEvent(ManifestPushed),
  deps: { descriptions: Descriptions },
  concurrency: 2,
  dedupe: ({ artifactId, tags }) => `${artifactId} ${tags.length > 0}`,
  async run({ artifactId, manifestDigest, tags }, { descriptions }) {
    if (tags.length > 0) await descriptions.follow(artifactId, manifestDigest)
  },
})
