import { defineEntity, p } from '@mikro-orm/core'

export const HeldNameEntity = defineEntity({
  name: 'HeldName',
  tableName: 'held_names',
  properties: {
    artifactId: p.uuid().primary(),
    manifestDigest: p.text().collation('C').primary(),
    name: p.text().collation('C').primary(),
    /** Null for a tag of a manifest that is no version. */
    versionId: p.uuid().nullable().index(),
    /** Of several manifests that wait for one name, the one that asked last gets it. */
    asked: p.bigint('number'),
    askedBy: p.uuid().nullable(),
  },
  indexes: [{ properties: ['artifactId', 'name'] }],
})
