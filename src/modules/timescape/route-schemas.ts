import { type Static, Type } from '@sinclair/typebox'
import { CursorSchema } from '../../shared/types/cursor.ts'
import { NamespaceSchema } from '../../shared/types/namespace-name.ts'
import { ArtifactParams, format } from '../metadata/artifact-request.contract.ts'

export const VersionText = Type.String({ minLength: 1, maxLength: 128, description: 'An exact version.' })

export const NamespaceParams = Type.Object({ namespace: NamespaceSchema })
export const VersionParams = Type.Object({ ...ArtifactParams.properties, version: VersionText })
export const EdgeParams = Type.Object({ ...ArtifactParams.properties, from: VersionText, to: VersionText })

export const FormatQuery = Type.Object({ format })
export const EdgeQuery = Type.Object({ format, from: VersionText, to: VersionText })
export const PagingQuery = Type.Object({
  format,
  cursor: Type.Optional(CursorSchema),
  limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 100 }),
})
export type PagingQuery = Static<typeof PagingQuery>

export const NoContent = Type.Null({ description: 'Done.' })
