import { type Static, Type } from '@sinclair/typebox'
import { CursorSchema } from '../../shared/types/cursor.ts'
import { NamespaceSchema } from '../../shared/types/namespace-name.ts'
import { TagNameSchema } from '../../shared/types/tag-name.ts'
import { ArtifactParams, format } from './artifact-request.contract.ts'
import type { PageQuery, Precondition } from './contract.ts'

const Version = Type.String({ minLength: 1, maxLength: 128, description: 'An exact version.' })

export const NamespaceParams = Type.Object({ namespace: NamespaceSchema })
export const MemberParams = Type.Object({ namespace: NamespaceSchema, username: NamespaceSchema })
export const VersionParams = Type.Object({ ...ArtifactParams.properties, version: Version })
export const TagParams = Type.Object({ ...ArtifactParams.properties, tag: TagNameSchema })
export const GrantParams = Type.Object({
  ...ArtifactParams.properties,
  kind: Type.Union([Type.Literal('user'), Type.Literal('team')]),
  subject: Type.String({ minLength: 1, maxLength: 100, description: 'A username, or `organization/team` with its slash encoded.' }),
})

export const FormatQuery = Type.Object({ format })
export const PagingQuery = Type.Object({
  cursor: Type.Optional(CursorSchema),
  limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 100 }),
})
export const ArtifactPagingQuery = Type.Object({ ...FormatQuery.properties, ...PagingQuery.properties })

export const PreconditionHeaders = Type.Object({
  'if-match': Type.Optional(Type.String({ maxLength: 1_000 })),
  'if-none-match': Type.Optional(Type.String({ maxLength: 1_000 })),
})

export const NoContent = Type.Null({ description: 'Done.' })

export const pageQueryOf = ({ cursor, limit }: Static<typeof PagingQuery>): PageQuery => ({
  limit,
  ...(cursor !== undefined && { cursor }),
})

export const preconditionOf = (headers: Static<typeof PreconditionHeaders>): Precondition => {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers
  return { ...(ifMatch !== undefined && { ifMatch }), ...(ifNoneMatch !== undefined && { ifNoneMatch }) }
}
