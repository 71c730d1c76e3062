import { Type } from '@sinclair/typebox'
import { ArtifactParams, format } from '../metadata/artifact-request.contract.ts'

export const VersionText = Type.String({ minLength: 1, maxLength: 140, description: 'A version or a tag.' })
export const VersionParams = Type.Object({ ...ArtifactParams.properties, version: VersionText })

const bounds = (depth: number) => ({
  depth: Type.Integer({ minimum: 1, maximum: 20, default: depth, description: 'How many steps away.' }),
  limit: Type.Integer({ minimum: 1, maximum: 2_000, default: 500, description: 'How many artifacts.' }),
})
/** Of what asks for the ones next to it unless told otherwise. */
export const GraphQuery = Type.Object({ format, version: Type.Optional(VersionText), ...bounds(5) })
export const ImpactQuery = Type.Object({ format, ...bounds(10) })
export const BlastQuery = Type.Object(bounds(10))

export const boundsOf = ({ depth, limit }: { readonly depth: number; readonly limit: number }) => ({ depth, nodes: limit })

export const recommendationLimit = Type.Integer({ minimum: 1, maximum: 50, default: 10 })
