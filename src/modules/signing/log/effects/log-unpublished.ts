import { defineEffect, onEvent } from '../../../../shared/kernel/effect.ts'
import { VersionDeleted } from '../../../metadata/contract.ts'
import { LogIntake } from '../log-intake.service.ts'

export const logUnpublished = defineEffect({
  name: 'signing.log-unpublished',
  trigger: onEvent(VersionDeleted),
  deps: { logIntake: LogIntake },
  concurrency: 50,
  attempts: 10,
  run: ({ versionId }, { logIntake }) => logIntake.unpublished(versionId),
})
