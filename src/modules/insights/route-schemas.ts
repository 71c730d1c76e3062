import { type Static, Type } from '@sinclair/typebox'
import { ArtifactNameSchema } from '../../shared/types/artifact-name.ts'
import { type ArtifactFormat, ArtifactFormatSchema } from '../../shared/types/artifact-type.ts'
import { NamespaceSchema } from '../../shared/types/namespace-name.ts'
import type { ArtifactRef } from '../metadata/contract.ts'

export const VersionText = Type.String({ minLength: 1, maxLength: 140, description: 'A version or a tag.' })
export const ArtifactParams = Type.Object({ namespace: NamespaceSchema, name: ArtifactNameSchema })
export const VersionParams = Type.Object({ ...ArtifactParams.properties, version: VersionText })

export const format = Type.Optional({
  ...ArtifactFormatSchema,
  description: 'Needed only when several artifacts of this name differ in format.',
})

const bounds = (depth: number) => ({
  depth: Type.Integer({ minimum: 1, maximum: 20, default: depth, description: 'How many steps away.' }),
  limit: Type.Integer({ minimum: 1, maximum: 2_000, default: 500, description: 'How many artifacts.' }),
})
/** Of what asks for the ones next to it unless told otherwise. */
export const GraphQuery = Type.Object({ format, version: Type.Optional(VersionText), ...bounds(5) })
export const ImpactQuery = Type.Object({ format, ...bounds(10) })
export const BlastQuery = Type.Object(bounds(10))

interface ArtifactRequest {
  readonly params: Static<typeof ArtifactParams>
  readonly query: { readonly format?: ArtifactFormat }
}
export const refOf = ({ params: { namespace, name }, query }: ArtifactRequest): ArtifactRef => ({
  namespace,
  name,
  ...(query.format && { format: query.format }),
})

export const boundsOf = ({ depth, limit }: { readonly depth: number; readonly limit: number }) => ({ depth, nodes: limit })

export const recommendationLimit = Type.Integer({ minimum: 1, maximum: 50, default: 10 })
