import { defineEffect, onSchedule } from '../../../shared/kernel/effect.ts'
import { Followers } from '../services.ts'

/** Dependencies that were written down in another form, or are gone. */
export const reindexDependencies = defineEffect({
  name: 'timescape.reindex-dependencies',
  trigger: onSchedule('* * * * *'),
  deps: { followers: Followers },
  timeoutMs: 300_000,
  run: async (_payload, { followers }, { signal, log }) => {
    const indexed = await followers.reindexDependencies(signal)
    if (indexed > 0) log.info({ indexed }, 'dependencies of artifacts written anew')
  },
})
