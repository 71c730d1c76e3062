import { defineEffect, onSchedule } from '../../../shared/kernel/effect.ts'
import { Graphs } from '../services.ts'

/** Versions from before there was a graph, and comparisons that were cut short. */
export const catchUp = defineEffect({
  name: 'timescape.catch-up',
  trigger: onSchedule('* * * * *'),
  deps: { graphs: Graphs },
  timeoutMs: 600_000,
  run: async (_payload, { graphs }, { signal, log }) => {
    const recorded = await graphs.catchUp(signal, (artifactId, err) => log.warn({ err, artifactId }, 'a graph could not be completed'))
    if (recorded > 0) log.info({ recorded }, 'versions recorded that no event brought')
  },
})
