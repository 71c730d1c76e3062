import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { BreakingChangeDetected } from '../events.contract.ts'
import { Followers } from '../services.ts'

export const announceBreaking = defineEffect({
  name: 'timescape.announce-breaking',
  trigger: onEvent(BreakingChangeDetected),
  deps: { followers: Followers },
  concurrency: 4,
  dedupe: ({ artifactId, from, to }) => `${artifactId} ${from} ${to}`,
  run: (change, { followers }) => followers.brokenBy(change),
})
