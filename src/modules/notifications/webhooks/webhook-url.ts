import { isDomainError } from '../../../shared/errors/domain-error.ts'
import type { Outbound } from '../../../shared/kernel/outbound.ts'
import { WebhookAddressRefused, WebhookUrlInvalid } from '../errors.ts'

const longest = 2_048
const probeMs = 3_000

/** The canonical spelling. Throws WebhookUrlInvalid for what no webhook can be. */
export function parseWebhookUrl(text: string): string {
  const url = text.length <= longest ? URL.parse(text) : null
  if (!url) throw new WebhookUrlInvalid(`a webhook has an absolute URL of at most ${longest} characters`)
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new WebhookUrlInvalid('the URL of a webhook begins with https:// or http://')
  if (url.username !== '' || url.password !== '')
    throw new WebhookUrlInvalid('the URL of a webhook has no user or password in it; verify signatures instead')
  if (text.includes('#')) throw new WebhookUrlInvalid('the URL of a webhook has no fragment')
  return url.href
}

/** What others may know of it: many a path is a secret. */
export const withoutPath = (url: string): string => URL.parse(url)?.origin ?? ''

/**
 * Throws WebhookAddressRefused for an address the registry does not connect to (D-24). Whatever else becomes of the request tells nothing:
 * the other side may not run yet. OPTIONS, because it changes nothing there and is not redirected.
 */
export async function probe(outbound: Outbound, url: string): Promise<void> {
  try {
    const answer = await outbound.request(url, { method: 'OPTIONS', signal: AbortSignal.timeout(probeMs) })
    answer.discard()
  } catch (error) {
    if (isDomainError(error) && error.code === 'kernel.outbound_refused') throw new WebhookAddressRefused()
    if (isDomainError(error) && causedByRefusal(error)) throw new WebhookAddressRefused()
  }
}

const causedByRefusal = ({ cause }: Error): boolean => isDomainError(cause) && cause.code === 'kernel.outbound_refused'
