import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { ManifestExpired } from '../../metadata/contract.ts'
import { Manifests } from '../contract.ts'

/** Retention gives the bytes of its tags free, unless something else needs them. */
export const unlinkExpired = defineEffect({
  name: 'artifacts.unlink-expired',
  trigger: onEvent(ManifestExpired),
  deps: { manifests: Manifests },
  concurrency: 4,
  dedupe: ({ artifactId, manifestDigest }) => `${artifactId} ${manifestDigest}`,
  run: ({ artifactId, manifestDigest, expiredAt }, { manifests }) => manifests.unlink(artifactId, manifestDigest, expiredAt),
})
