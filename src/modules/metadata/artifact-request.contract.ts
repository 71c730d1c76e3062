import { type Static, Type } from '@sinclair/typebox'
import { ArtifactNameSchema } from '../../shared/types/artifact-name.ts'
import { type ArtifactFormat, ArtifactFormatSchema } from '../../shared/types/artifact-type.ts'
import { NamespaceSchema } from '../../shared/types/namespace-name.ts'
import type { ArtifactRef } from './contract.ts'

/** Of routes about one artifact. */
export const ArtifactParams = Type.Object({ namespace: NamespaceSchema, name: ArtifactNameSchema })
/** Of their query. */
export const format = Type.Optional({
  ...ArtifactFormatSchema,
  description: 'Needed only when several artifacts of this name differ in format.',
})

export interface ArtifactRequest {
  readonly params: Static<typeof ArtifactParams>
  readonly query: { readonly format?: ArtifactFormat }
}

export const refOf = ({ params: { namespace, name }, query }: ArtifactRequest): ArtifactRef => ({
  namespace,
  name,
  ...(query.format && { format: query.format }),
})
