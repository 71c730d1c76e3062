import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Outdated, OutdatedItem } from '../health/outdated.service.ts'
import { ProjectNeeds } from '../health/project-needs.ts'

export const findOutdated = defineHandler({
  method: 'POST',
  url: '/v1/insights/outdated',
  auth: 'anonymous',
  summary: 'What of a list of dependencies is behind, deprecated or vulnerable, and what to take instead',
  tags: ['insights'],
  rateLimit: { max: 60, windowMs: 60_000 },
  schema: { body: ProjectNeeds, response: { 200: Type.Object({ items: Type.Array(OutdatedItem) }) } },
  deps: { outdated: Outdated },
  handle: async ({ principal, body }, { outdated }) => ({ items: await outdated.of(principal, body) }),
})
