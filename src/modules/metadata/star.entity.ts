import { defineEntity, p } from '@mikro-orm/core'

export const StarEntity = defineEntity({
  name: 'Star',
  tableName: 'stars',
  properties: {
    artifactId: p.uuid().primary(),
    userId: p.uuid().primary(),
    createdAt: p.datetime().defaultRaw('now()'),
  },
})
