import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { packageRef } from '../../package-ref.ts'
import { PackageStaging } from '../package-stages.service.ts'
import { Stage, stageView } from '../schemas.ts'

export const listStages = defineHandler({
  method: 'GET',
  url: '/-/stage',
  auth: 'publish',
  summary: 'Staged versions of packages the caller may publish, oldest first',
  tags: ['npm'],
  schema: {
    querystring: Type.Object({
      page: Type.Integer({ minimum: 0, maximum: 10_000, default: 0, description: 'From 0.' }),
      perPage: Type.Integer({ minimum: 1, maximum: 100, default: 100 }),
      package: Type.Optional(Type.String({ maxLength: 300 })),
    }),
    response: {
      200: Type.Object({ items: Type.Array(Stage), total: Type.Integer(), page: Type.Integer(), perPage: Type.Integer() }),
    },
  },
  deps: { staging: PackageStaging },
  async handle({ principal, query: { page, perPage, package: name } }, { staging }) {
    const { items, total } = await staging.list(principal, { page, perPage, ...(name !== undefined && { ref: packageRef(name) }) })
    return { items: items.map(stageView), total, page, perPage }
  },
})
