import { defineEffect, onSchedule } from '../../../shared/kernel/effect.ts'
import { RecordUpkeep } from '../metering.service.ts'

export const dropOldRecords = defineEffect({
  name: 'metering.drop-old-records',
  trigger: onSchedule('23 4 * * *'),
  deps: { upkeep: RecordUpkeep },
  timeoutMs: 900_000,
  run: (_payload, { upkeep }, { signal }) => upkeep.dropOld(signal),
})
