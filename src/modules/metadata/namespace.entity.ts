import { defineEntity, p } from '@mikro-orm/core'

export const NamespaceEntity = defineEntity({
  name: 'Namespace',
  tableName: 'namespaces',
  properties: {
    id: p.uuid().primary(),
    name: p.text().collation('C').unique('namespaces_name_unique'),
    folded: p.text().collation('C').nullable().unique('namespaces_folded_unique'),
    accountId: p.uuid().nullable().unique('namespaces_account_id_unique'),
    visibility: p.text().default('private'),
    settings: p.json<Record<string, unknown>>().default('{}'),
    state: p.text().default('active'),
    createdAt: p.datetime().defaultRaw('now()'),
    updatedAt: p.datetime().defaultRaw('now()'),
    deletedAt: p.datetime().nullable(),
  },
})
