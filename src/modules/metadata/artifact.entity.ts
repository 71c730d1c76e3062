import { defineEntity, p } from '@mikro-orm/core'

export const ArtifactEntity = defineEntity({
  name: 'Artifact',
  tableName: 'artifacts',
  properties: {
    id: p.uuid().primary(),
    namespaceId: p.uuid(),
    name: p.text().collation('C'),
    folded: p.text().collation('C').nullable(),
    format: p.text(),
    type: p.text(),
    description: p.text().nullable(),
    labels: p.json<Record<string, string>>().default('{}'),
    hasManifests: p.boolean().default(false),
    typeSettled: p.boolean().default(false),
    rev: p.bigint('number').defaultRaw('0'),
    visibility: p.text().default('inherit'),
    publishFactor: p.text().default('none'),
    stars: p.bigint('number').defaultRaw('0'),
    downloads: p.bigint('number').defaultRaw('0'),
    state: p.text().default('active'),
    createdAt: p.datetime().defaultRaw('now()'),
    updatedAt: p.datetime().defaultRaw('now()'),
    deletedAt: p.datetime().nullable(),
  },
  uniques: [{ properties: ['namespaceId', 'name', 'format'] }, { properties: ['namespaceId', 'folded', 'format'] }],
  indexes: [
    {
      name: 'artifacts_repositories_index',
      expression: `create index artifacts_repositories_index on artifacts (namespace_id, visibility, name)
        where format = 'oci' and has_manifests and state = 'active'`,
    },
  ],
})
