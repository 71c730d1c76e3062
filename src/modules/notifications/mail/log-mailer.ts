import type { Logger } from '../../../shared/kernel/logger.ts'
import { headerText, isAddress, type Mailer, MailRefused } from './mailer.ts'

/** For registries without mail: who reads the log learns what would have been sent. */
export const logMailer = (log: Logger): Mailer => ({
  async send({ to, subject, text, messageId }) {
    if (!isAddress(to)) throw new MailRefused('this is no address')
    log.info({ to, subject: headerText(subject), text, messageId }, 'mail')
  },
  close: async () => undefined,
})
