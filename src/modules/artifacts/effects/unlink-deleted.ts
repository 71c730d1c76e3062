import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { VersionDeleted } from '../../metadata/contract.ts'
import { Manifests } from '../contract.ts'

/** A deleted version gives its bytes free, unless another name uses them. */
export const unlinkDeleted = defineEffect({
  name: 'artifacts.unlink-deleted',
  trigger: onEvent(VersionDeleted),
  deps: { manifests: Manifests },
  concurrency: 4,
  dedupe: ({ artifactId, manifestDigest }) => `${artifactId} ${manifestDigest}`,
  run: ({ artifactId, manifestDigest }, { manifests }) => manifests.unlink(artifactId, manifestDigest),
})
