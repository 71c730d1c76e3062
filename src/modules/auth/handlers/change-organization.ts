import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { OrganizationView, organizationView } from '../organization-view.ts'
import { Organizations } from '../organizations.service.ts'
import { DisplayName, Name } from '../schemas.ts'

export const changeOrganization = defineHandler({
  method: 'PATCH',
  url: '/v1/organizations/:org',
  auth: 'admin',
  summary: 'Change the display name of an organization',
  tags: ['organizations'],
  schema: {
    params: Type.Object({ org: Name }),
    body: Type.Object({ displayName: DisplayName }, { additionalProperties: false }),
    response: { 200: OrganizationView },
  },
  deps: { organizations: Organizations },
  async handle({ params, body, principal }, { organizations }) {
    return organizationView(await organizations.rename(principal, params.org, body.displayName))
  },
})
