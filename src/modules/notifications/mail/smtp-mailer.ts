import { createTransport } from 'nodemailer'
import { headerText, isAddress, MailDeferred, type Mailer, MailRefused, MailUnavailable } from './mailer.ts'

const connectMs = 10_000
const silenceMs = 30_000

/** Hands mail to a server: `smtp://` (STARTTLS when it offers it) or `smtps://`, with the credentials in the URL. */
export function smtpMailer({ url, from }: { readonly url: string; readonly from: string }): Mailer {
  const transport = createTransport(
    { url, pool: true, maxConnections: 2, connectionTimeout: connectMs, greetingTimeout: connectMs, socketTimeout: silenceMs },
    { from: headerText(from), disableFileAccess: true, disableUrlAccess: true },
  )
  return {
    async send({ to, subject, text, html, messageId, unsubscribeUrl }) {
      if (!isAddress(to)) throw new MailRefused('this is no address')
      try {
        await transport.sendMail({
          ...{ to: { name: '', address: to }, subject: headerText(subject), text, html, messageId },
          // RFC 3834: nobody's absence notice answers; RFC 8058: one click is enough.
          headers: {
            'Auto-Submitted': 'auto-generated',
            'List-Unsubscribe': { prepared: true, value: `<${unsubscribeUrl}>` },
            'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
          },
        })
      } catch (error) {
        throw verdictOf(error)
      }
    },
    close: async () => transport.close(),
  }
}

interface SmtpError {
  readonly responseCode?: number
  readonly code?: string
  readonly command?: string
  readonly response?: string
  readonly message?: string
}

// The session has to end, or to begin with a login: RFC 5321, RFC 4954.
const ofSession: ReadonlySet<number> = new Set([421, 454, 530, 534, 535, 538])
/** RFC 3463: the sender's address is bad. Servers say so after the recipient, too. */
const ofSender = /^[45]\d\d[ -][45]\.1\.[78]\b/

/** What the server says to the recipient or the message is about this mail; what it says to the sender, or anything else, is about all mail. */
function verdictOf(error: unknown): Error {
  const { responseCode, code, command, response = '', message } = error as SmtpError
  const isOfMail = (code === 'EENVELOPE' || code === 'EMESSAGE') && command !== 'MAIL FROM' && !ofSender.test(response)
  if (responseCode === undefined || !isOfMail || ofSession.has(responseCode)) return new MailUnavailable(message, { cause: error })
  return responseCode >= 500 ? new MailRefused(message, { cause: error }) : new MailDeferred(message, { cause: error })
}
