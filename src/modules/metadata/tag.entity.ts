import { defineEntity, p } from '@mikro-orm/core'

export const TagEntity = defineEntity({
  name: 'Tag',
  tableName: 'tags',
  properties: {
    artifactId: p.uuid().primary(),
    name: p.text().collation('C').primary(),
    versionId: p.uuid().nullable().index(),
    manifestDigest: p.text().collation('C'),
    changeId: p.uuid(),
    updatedAt: p.datetime().defaultRaw('now()'),
    updatedBy: p.uuid().nullable(),
  },
  indexes: [{ properties: ['artifactId', 'manifestDigest'] }],
})
