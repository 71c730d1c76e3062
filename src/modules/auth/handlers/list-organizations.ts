import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { pageSchema } from '../../../shared/types/page.ts'
import { knownCaller } from '../known-caller.ts'
import { OrganizationView, organizationView } from '../organization-view.ts'
import { Organizations } from '../organizations.service.ts'
import { pageQuery } from '../page.ts'

export const listOrganizations = defineHandler({
  method: 'GET',
  url: '/v1/organizations',
  auth: 'read',
  summary: 'Organizations the caller is a member of',
  tags: ['organizations'],
  schema: { querystring: Type.Object(pageQuery), response: { 200: pageSchema(OrganizationView) } },
  deps: { organizations: Organizations },
  async handle({ query, principal }, { organizations }) {
    const { items, nextCursor } = await organizations.listOf(knownCaller(principal).userId, query)
    return { items: items.map(organizationView), nextCursor }
  },
})
