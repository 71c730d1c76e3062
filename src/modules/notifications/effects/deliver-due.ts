import { defineEffect, onSchedule } from '../../../shared/kernel/effect.ts'
import { PostOffice } from '../mail/post-office.ts'
import { Dispatcher } from '../webhooks/dispatcher.ts'

/** Retries that are due, digests, and what a killed process left behind. */
export const deliverDue = defineEffect({
  name: 'notifications.deliver-due',
  trigger: onSchedule('*/15 * * * * *'),
  deps: { dispatcher: Dispatcher, postOffice: PostOffice },
  run: async (_payload, { dispatcher, postOffice }) => {
    dispatcher.kick()
    postOffice.kick()
  },
})
