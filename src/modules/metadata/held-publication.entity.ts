import { defineEntity, p } from '@mikro-orm/core'

export const HeldPublicationEntity = defineEntity({
  name: 'HeldPublication',
  tableName: 'held_publications',
  properties: {
    artifactId: p.uuid().primary(),
    manifestDigest: p.text().collation('C').primary(),
    sizeBytes: p.bigint('number'),
    keepsLatest: p.boolean(),
    /** Reasons by policy; empty while only a quarantine keeps it back. */
    holds: p.json<Record<string, string>>(),
    heldAt: p.datetime().defaultRaw('now()'),
    expiresAt: p.datetime().index(),
  },
})
