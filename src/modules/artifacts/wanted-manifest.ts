import { type Static, Type } from '@sinclair/typebox'
import { DigestSchema } from '../../shared/types/digest.ts'
import { ManifestAmbiguous } from './errors.ts'
import type { WantedManifest } from './quarantine-desk.service.ts'

export const WantedVersion = Type.Object({
  digest: Type.Optional(DigestSchema),
  version: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'An exact version.' })),
})

/** Throws `artifacts.manifest_ambiguous`. */
export function wantedManifest({ digest, version }: Static<typeof WantedVersion>): WantedManifest {
  if (digest !== undefined && version === undefined) return { digest }
  if (version !== undefined && digest === undefined) return { version }
  throw new ManifestAmbiguous()
}
