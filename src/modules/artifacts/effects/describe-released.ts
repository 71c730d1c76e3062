import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { PublicationReleased } from '../../metadata/publications.contract.ts'
import { Descriptions } from '../description.service.ts'

/** What waited describes the artifact from when it is found by name. */
export const describeReleased = defineEffect({
  name: 'artifacts.describe-released',
  trigger: onEvent(PublicationReleased),
  deps: { descriptions: Descriptions },
  concurrency: 2,
  dedupe: ({ artifactId }) => artifactId,
  async run({ artifactId, manifestDigest, format }, { descriptions }) {
    if (format === 'oci') await descriptions.follow(artifactId, manifestDigest)
  },
})
