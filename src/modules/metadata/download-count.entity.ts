import { defineEntity, p } from '@mikro-orm/core'

/** Downloads of one version on one day (UTC). */
export const DownloadCountEntity = defineEntity({
  name: 'DownloadCount',
  tableName: 'download_counts',
  properties: {
    versionId: p.uuid().primary(),
    day: p.date().primary(),
    count: p.bigint('number'),
  },
})
