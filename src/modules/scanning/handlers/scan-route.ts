import { type Static, Type } from '@sinclair/typebox'
import { ArtifactNameSchema } from '../../../shared/types/artifact-name.ts'
import { type ArtifactFormat, ArtifactFormatSchema } from '../../../shared/types/artifact-type.ts'
import { CursorSchema } from '../../../shared/types/cursor.ts'
import { NamespaceSchema } from '../../../shared/types/namespace-name.ts'
import type { PageQuery } from '../../metadata/contract.ts'
import type { ScanRef } from '../scans.contract.ts'

export const ScanParams = Type.Object({
  namespace: NamespaceSchema,
  name: ArtifactNameSchema,
  version: Type.String({ minLength: 1, maxLength: 140, description: 'A version, a tag or the digest of a manifest.' }),
})
export const FormatQuery = Type.Object({
  format: Type.Optional({ ...ArtifactFormatSchema, description: 'Needed only when several artifacts of this name differ in format.' }),
})
export const PagingQuery = Type.Object({
  cursor: Type.Optional(CursorSchema),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 100 }),
})
export const PagedScanQuery = Type.Object({ ...FormatQuery.properties, ...PagingQuery.properties })

interface ScanRequest {
  readonly params: Static<typeof ScanParams>
  readonly query: { readonly format?: ArtifactFormat }
}
export const scanRefOf = ({ params: { namespace, name, version }, query: { format } }: ScanRequest): ScanRef => ({
  ...{ namespace, name, reference: version },
  ...(format && { format }),
})

export const pageQueryOf = ({ cursor, limit }: Static<typeof PagingQuery>): PageQuery => ({
  limit,
  ...(cursor !== undefined && { cursor }),
})
