import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactFormatSchema, ArtifactTypeSchema } from '../../../shared/types/artifact-type.ts'
import { pageSchema } from '../../../shared/types/page.ts'
import { NamespaceParams, PagingQuery, pageQueryOf } from '../route-schemas.ts'
import { ArtifactSummary, Artifacts } from '../views.ts'

const Filters = Type.Object({ type: Type.Optional(ArtifactTypeSchema), format: Type.Optional(ArtifactFormatSchema) })

export const listArtifacts = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace',
  auth: 'anonymous',
  summary: 'Artifacts of a namespace the caller may see, by name',
  tags: ['artifacts'],
  schema: {
    params: NamespaceParams,
    querystring: Type.Object({ ...Filters.properties, ...PagingQuery.properties }),
    response: { 200: pageSchema(ArtifactSummary) },
  },
  deps: { artifacts: Artifacts },
  handle: ({ principal, params, query: { type, format, ...paging } }, { artifacts }) =>
    artifacts.list(principal, params.namespace, { ...pageQueryOf(paging), ...(type && { type }), ...(format && { format }) }),
})
