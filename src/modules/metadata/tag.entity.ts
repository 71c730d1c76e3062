import { defineEntity, p } from '@mikro-orm/core'

export const TagEntity = defineEntity({
  name: 'Tag',
  tableName: 'tags',
  properties: {
    artifactId: p.uuid().primary(),
    name: p.text().primary(),
    versionId: p.uuid().nullable().index(),
    manifestDigest: p.text(),
    changeId: p.uuid(),
    updatedAt: p.datetime().defaultRaw('now()'),
    updatedBy: p.uuid().nullable(),
  },
})
