import type { IncomingHttpHeaders } from 'node:http'

/** The code a client sends beside its credential, in the header npm has for it. */
export function otpOf(headers: IncomingHttpHeaders): string | undefined {
  const given = headers['npm-otp']
  return typeof given === 'string' && given !== '' ? given.trim() : undefined
}
