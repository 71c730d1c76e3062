import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { OrganizationView, organizationView } from '../organization-view.ts'
import { Organizations } from '../organizations.service.ts'
import { Name } from '../schemas.ts'

export const findOrganization = defineHandler({
  method: 'GET',
  url: '/v1/organizations/:org',
  auth: 'anonymous',
  summary: 'Profile of an organization',
  tags: ['organizations'],
  schema: { params: Type.Object({ org: Name }), response: { 200: OrganizationView } },
  deps: { organizations: Organizations },
  async handle({ params }, { organizations }) {
    return organizationView(await organizations.find(params.org))
  },
})
