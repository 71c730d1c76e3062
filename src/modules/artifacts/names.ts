import { Type } from '@sinclair/typebox'
import { ArtifactNameSchema } from '../../shared/types/artifact-name.ts'
import { type ArtifactFormat, ArtifactFormatSchema } from '../../shared/types/artifact-type.ts'
import { DigestSchema } from '../../shared/types/digest.ts'
import { NamespaceSchema } from '../../shared/types/namespace-name.ts'
import type { ArtifactRef } from '../metadata/contract.ts'

export const ArtifactParams = Type.Object({ namespace: NamespaceSchema, name: ArtifactNameSchema })
export const VersionParams = Type.Object({ ...ArtifactParams.properties, version: Type.String({ minLength: 1, maxLength: 128 }) })
export const DigestParams = Type.Object({ ...ArtifactParams.properties, digest: DigestSchema })
export const FormatQuery = Type.Object({
  format: Type.Optional({ ...ArtifactFormatSchema, description: 'Needed only when several artifacts of this name differ in format.' }),
})

interface ArtifactRequest {
  readonly params: { readonly namespace: string; readonly name: string }
  readonly query: { readonly format?: ArtifactFormat }
}
export const refOf = ({ params: { namespace, name }, query: { format } }: ArtifactRequest): ArtifactRef => ({
  namespace,
  name,
  ...(format && { format }),
})
