import { Type } from '@sinclair/typebox'
import { ArtifactNameSchema } from '../../shared/types/artifact-name.ts'
import { type ArtifactFormat, ArtifactFormatSchema } from '../../shared/types/artifact-type.ts'
import { NamespaceSchema } from '../../shared/types/namespace-name.ts'
import type { ArtifactRef } from '../metadata/contract.ts'

export const PublisherParams = Type.Object({ name: NamespaceSchema })
export const KeyParams = Type.Object({ name: NamespaceSchema, keyId: Type.String({ minLength: 1, maxLength: 64 }) })
export const SignedParams = Type.Object({
  namespace: NamespaceSchema,
  name: ArtifactNameSchema,
  version: Type.String({ minLength: 1, maxLength: 140, description: 'A version, a tag or the digest of a manifest.' }),
})
export const SignedQuery = Type.Object({
  format: Type.Optional({ ...ArtifactFormatSchema, description: 'Needed only when several artifacts of this name differ in format.' }),
})

export const signedRef = (
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { format }: { readonly format?: ArtifactFormat },
): ArtifactRef => ({ namespace, name, ...(format && { format }) })
