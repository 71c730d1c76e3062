import type { IncomingHttpHeaders } from 'node:http'
import { CrossSite } from './errors.ts'

/**
 * Throws CrossSite for a form that a browser sent from somewhere else. Old browsers, and all of them on plain http, do not say `Sec-Fetch-Site`; and
 * pages that send no referrer have the origin `null`: the token of the form is what stands then.
 */
export function requireSameSite(headers: IncomingHttpHeaders, publicUrl: string): void {
  const { 'sec-fetch-site': site, origin, host } = headers
  if (site !== undefined) {
    if (site !== 'same-origin') throw new CrossSite()
    return
  }
  if (origin === undefined || origin === 'null') return
  const sender = URL.parse(origin)
  if (!sender || (sender.origin !== URL.parse(publicUrl)?.origin && sender.host !== host)) throw new CrossSite()
}
