import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { NamespaceSchema } from '../../../shared/types/namespace-name.ts'
import { Namespaces, PublisherView } from '../views.ts'

export const findPublisher = defineHandler({
  method: 'GET',
  url: '/v1/publishers/:name',
  auth: 'anonymous',
  summary: 'The user or organization behind a namespace',
  tags: ['namespaces'],
  schema: { params: Type.Object({ name: NamespaceSchema }), response: { 200: PublisherView } },
  deps: { namespaces: Namespaces },
  handle: ({ principal, params }, { namespaces }) => namespaces.publisher(principal, params.name),
})
