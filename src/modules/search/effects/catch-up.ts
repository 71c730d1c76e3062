import { defineEffect, onSchedule } from '../../../shared/kernel/effect.ts'
import { IndexUpkeep } from '../index-upkeep.ts'

/** A description that somebody wrote, a namespace that went away, artifacts from before there was a search. */
export const catchUp = defineEffect({
  name: 'search.catch-up',
  trigger: onSchedule('* * * * *'),
  deps: { upkeep: IndexUpkeep },
  timeoutMs: 600_000,
  run: async (_payload, { upkeep }, { signal, log }) => {
    const indexed = await upkeep.catchUp(signal)
    if (indexed > 0) log.info({ indexed }, 'search documents brought up to date')
  },
})
