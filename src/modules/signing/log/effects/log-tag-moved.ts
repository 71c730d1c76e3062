import { defineEffect, onEvent } from '../../../../shared/kernel/effect.ts'
import { TagMoved } from '../../../metadata/contract.ts'
import { LogIntake } from '../log-intake.service.ts'

export const logTagMoved = defineEffect({
  name: 'signing.log-tag-moved',
  trigger: onEvent(TagMoved),
  deps: { logIntake: LogIntake },
  concurrency: 50,
  attempts: 10,
  dedupe: ({ artifactId, tag }) => `${artifactId} ${tag}`,
  run: ({ artifactId, tag }, { logIntake }) => logIntake.tag({ artifactId, tag }),
})
