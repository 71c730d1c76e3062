import { type Static, Type } from '@sinclair/typebox'
import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import { oneOf } from '../../shared/types/one-of.ts'
import type { ArtifactRef } from '../metadata/contract.ts'
import { VersionText } from './route-schemas.ts'
import { HopView } from './views.ts'

export const TransformRequest = Type.Object(
  {
    from: VersionText,
    to: VersionText,
    payload: Type.Unknown({ description: 'Of the version `from`; at most 1 MiB.' }),
    direction: Type.Optional(oneOf(['request', 'response'], { description: 'Which types of the transformers are meant.' })),
    type: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'The GType the payload is of; needed where several fit.' }),
    ),
  },
  { additionalProperties: false },
)
export type TransformRequest = Static<typeof TransformRequest>

export const TransformView = Type.Object({ from: Type.String(), to: Type.String(), path: Type.Array(HopView), payload: Type.Unknown() })
export type TransformView = Static<typeof TransformView>

export const TransformerView = Type.Object({
  transformer: Type.String(),
  fromVersion: Type.String(),
  toVersion: Type.String(),
  types: Type.Array(Type.String()),
  publishedAt: Type.String(),
})
export type TransformerView = Static<typeof TransformerView>

export interface Transforms {
  /** Those that count for the artifact, newest first. */
  list(principal: Principal, ref: ArtifactRef): Promise<TransformerView[]>
  /** Throws `timescape.transformer_missing`, `timescape.transform_failed`, `timescape.transform_too_large`. */
  transform(principal: Principal, ref: ArtifactRef, request: TransformRequest): Promise<TransformView>
}
export const Transforms = service<Transforms>('timescape.transforms')
