import { defineEntity, p } from '@mikro-orm/core'

export const TagHistoryEntity = defineEntity({
  name: 'TagHistory',
  tableName: 'tag_history',
  properties: {
    id: p.uuid().primary(),
    artifactId: p.uuid(),
    tag: p.text().collation('C'),
    fromVersion: p.text().nullable(),
    fromDigest: p.text().nullable(),
    toVersion: p.text().nullable(),
    toDigest: p.text().nullable(),
    changedBy: p.uuid().nullable(),
    changedAt: p.datetime().defaultRaw('now()'),
  },
  indexes: [{ properties: ['artifactId', 'tag', 'changedAt', 'id'] }],
})
