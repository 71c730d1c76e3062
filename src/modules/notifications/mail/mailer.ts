export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** The same for the same mail: one that is sent again after a crash is known to be the same. */
  readonly messageId: string
  readonly unsubscribeUrl: string
}

/** Where mail goes. */
export interface Mailer {
  /** Resolves when it was taken over. Throws MailRefused, MailDeferred, MailUnavailable. */
  send(mail: Mail): Promise<void>
  close(): Promise<void>
}

/** Refused for good: 5xx. */
export class MailRefused extends Error {}
/** This address refuses it now: 4xx. */
export class MailDeferred extends Error {}
/** No mail goes out at all. */
export class MailUnavailable extends Error {}

/** Plain ones only, as a user's own is: no comments, quotes, lists or anything else that two programs could read differently. */
const plainAddress = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/
export const isAddress = (text: string): boolean => text.length <= 254 && plainAddress.test(text) && !text.includes('..')

// biome-ignore lint/suspicious/noControlCharactersInRegex: they would end a header
export const headerText = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim()
