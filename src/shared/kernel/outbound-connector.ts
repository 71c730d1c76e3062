import { type LookupAddress, type LookupAllOptions, lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { OutboundRefused } from './errors.ts'
import type { OutboundTargets } from './outbound-targets.ts'

/** Every address of a name. */
export type Lookup = (
  host: string,
  options: LookupAllOptions,
  answer: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

const connectTimeoutMs = 5_000

/**
 * Connects to addresses that were looked at, and to no other: a name is looked up once, by the connection itself, so that it cannot mean something
 * else a moment later. A name with one address that is refused is refused.
 */
export function guardedConnector(targets: OutboundTargets, lookup: Lookup = systemLookup): buildConnector.connector {
  const connect = buildConnector({ timeout: connectTimeoutMs, lookup: guardedLookup(targets, lookup) } as buildConnector.BuildOptions)
  return (options, callback) => {
    const { hostname } = options
    // An address is never looked up.
    if (isIP(hostname) !== 0 && !targets.address(hostname)) callback(new OutboundRefused(), null)
    else connect(options, callback)
  }
}

const guardedLookup =
  (targets: OutboundTargets, lookup: Lookup): LookupFunction =>
  (host, { hints, family, order }, callback) => {
    const options = { all: true as const, ...(hints !== undefined && { hints }), ...(family !== undefined && { family }) }
    lookup(host, { ...options, ...(order !== undefined && { order }) }, (error, addresses) => {
      if (error) return callback(error, [])
      const isKnown = targets.name(host)
      const refused = addresses.length === 0 || (!isKnown && addresses.some(({ address }) => !targets.address(address)))
      if (refused) return callback(new OutboundRefused(), [])
      callback(null, addresses)
    })
  }
