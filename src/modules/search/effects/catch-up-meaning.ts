import { defineEffect, onSchedule } from '../../../shared/kernel/effect.ts'
import { MeaningUpkeep } from '../semantic/meaning-upkeep.ts'

/** Another model, a model that did not answer, documents from before there were vectors. */
export const catchUpMeaning = defineEffect({
  name: 'search.catch-up-meaning',
  trigger: onSchedule('* * * * *'),
  deps: { meaning: MeaningUpkeep },
  timeoutMs: 600_000,
  run: async (_payload, { meaning }, { signal, log }) => {
    const renewed = await meaning.catchUp(signal)
    if (renewed > 0) log.info({ renewed }, 'meanings of documents brought up to date')
  },
})
