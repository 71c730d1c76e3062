import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { knownCaller } from '../known-caller.ts'
import { OrganizationView, organizationView } from '../organization-view.ts'
import { Organizations } from '../organizations.service.ts'
import { DisplayName, NewName } from '../schemas.ts'

export const createOrganization = defineHandler({
  method: 'POST',
  url: '/v1/organizations',
  auth: 'admin',
  summary: 'Create an organization; the caller is its first owner',
  tags: ['organizations'],
  schema: {
    body: Type.Object({ name: NewName, displayName: Type.Optional(DisplayName) }, { additionalProperties: false }),
    response: { 201: OrganizationView },
  },
  deps: { organizations: Organizations },
  async handle({ body, principal }, { organizations }, reply) {
    const created = await organizations.create(knownCaller(principal), body.name, body.displayName)
    reply.code(201)
    return organizationView(created)
  },
})
