import { defineEntity, p } from '@mikro-orm/core'

export const VersionEntity = defineEntity({
  name: 'Version',
  tableName: 'versions',
  properties: {
    id: p.uuid().primary(),
    artifactId: p.uuid(),
    version: p.text().collation('C'),
    sortKey: p.text().collation('C'),
    prerelease: p.boolean(),
    state: p.text(),
    stateReason: p.text().nullable(),
    deprecatedReason: p.text().nullable(),
    /** What a quarantine gives back. */
    stateBefore: p.text().nullable(),
    reasonBefore: p.text().nullable(),
    manifestDigest: p.text().collation('C'),
    sizeBytes: p.bigint('number'),
    metadata: p.json<Record<string, unknown>>(),
    publishedBy: p.uuid().nullable(),
    publishedAt: p.datetime().defaultRaw('now()'),
    deletedAt: p.datetime().nullable(),
  },
  uniques: [{ properties: ['artifactId', 'version'] }],
  indexes: [
    { properties: ['artifactId', 'publishedAt', 'id'] },
    { properties: ['artifactId', 'sortKey', 'id'] },
    { properties: ['artifactId', 'manifestDigest'] },
    {
      name: 'versions_reference_index',
      expression: `create index versions_reference_index on versions (artifact_id, replace(version, '+', '_'))`,
    },
  ],
})
