import { defineEntity, p } from '@mikro-orm/core'

export const QuarantineEntity = defineEntity({
  name: 'Quarantine',
  tableName: 'quarantines',
  properties: {
    artifactId: p.uuid().primary(),
    manifestDigest: p.text().collation('C').primary(),
    cause: p.text().collation('C').primary(),
    reason: p.text(),
    quarantinedAt: p.datetime().defaultRaw('clock_timestamp()'),
  },
})
