import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { NamespaceParams } from '../route-schemas.ts'
import { Namespaces, NamespaceView, NamespaceVisibility, SettingsChange } from '../views.ts'

export const updateNamespace = defineHandler({
  method: 'PATCH',
  url: '/v1/namespaces/:namespace',
  auth: 'admin',
  summary: 'Change visibility and settings of a namespace',
  tags: ['namespaces'],
  schema: {
    params: NamespaceParams,
    body: Type.Object(
      { visibility: Type.Optional(NamespaceVisibility), settings: Type.Optional(SettingsChange) },
      { additionalProperties: false, minProperties: 1 },
    ),
    response: { 200: NamespaceView },
  },
  deps: { namespaces: Namespaces },
  handle: ({ principal, params, body }, { namespaces }) => namespaces.update(principal, params.namespace, body),
})
