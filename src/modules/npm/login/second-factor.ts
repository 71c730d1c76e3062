import type { FastifyRequest } from 'fastify'
import type { GuardedAction, SecondFactor } from '../../auth/logins.contract.ts'

/**
 * To be called by handlers that change something, before they do and outside a transaction. Throws what makes npm ask for a one-time password
 * (401, `www-authenticate: OTP`) when the caller has a second factor for this and the header `npm-otp` holds no good code.
 */
export function requireOtp(
  request: Pick<FastifyRequest, 'headers' | 'principal'>,
  services: { readonly secondFactor: SecondFactor },
  action: GuardedAction = 'write',
): Promise<void> {
  return services.secondFactor.require(request.principal, { otp: otpOf(request.headers), action })
}

/** A header that comes twice is none. */
export function otpOf(headers: FastifyRequest['headers']): string | undefined {
  const given = headers['npm-otp']
  return typeof given === 'string' && given !== '' ? given.trim() : undefined
}
