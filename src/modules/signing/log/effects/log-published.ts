import { defineEffect, onEvent } from '../../../../shared/kernel/effect.ts'
import { VersionPublished } from '../../../metadata/contract.ts'
import { LogIntake } from '../log-intake.service.ts'

export const logPublished = defineEffect({
  name: 'signing.log-published',
  trigger: onEvent(VersionPublished),
  deps: { logIntake: LogIntake },
  concurrency: 50,
  attempts: 10,
  run: ({ versionId }, { logIntake }) => logIntake.version(versionId),
})
