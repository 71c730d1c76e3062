import type { X509Certificate } from 'node:crypto'
import { algorithmOf } from './publisher-key.ts'
import { Refused } from './verdict.ts'

const codeSigning = '1.3.6.1.5.5.7.3.3'
const maxDepth = 6
/** Checks of one signature of a certificate by another, for one chain: who sends them has no say in how long that takes. */
const maxVerifications = 50
/** id-ce-basicConstraints as an OBJECT IDENTIFIER in DER. */
const basicConstraints = Buffer.from([0x06, 0x03, 0x55, 0x1d, 0x13])

export interface ChainRequest {
  readonly leaf: X509Certificate
  /** As the signer sent them: nothing but a way to an anchor. */
  readonly intermediates: readonly X509Certificate[]
  readonly anchors: readonly X509Certificate[]
  readonly at: Date
}

/** Whether one of these authorities, or one on the way to them, may be where the certificate comes from. */
export const mayComeFrom = ({ leaf, intermediates, anchors }: Omit<ChainRequest, 'at'>): boolean =>
  [leaf, ...intermediates].some((one) => anchors.some((anchor) => one.checkIssued(anchor)))

/** RFC 5280 §6 for code signing, without policies and name constraints; revocation is that of the registered authority. Throws Refused. */
export function requireChain(request: ChainRequest): void {
  const { leaf, at } = request
  if (leaf.ca) throw new Refused('its certificate is one of a certificate authority, which signs no content')
  if (!(leaf.keyUsage ?? []).includes(codeSigning)) throw new Refused('its certificate is not for code signing (extended key usage)')
  requireValid(leaf, at, 'certificate')
  const path = shortestPath(request)
  if (!path) throw new Refused('its certificate leads to no registered certificate authority')
  for (const authority of path.slice(1)) requireValid(authority, at, 'certificate authority')
}

function requireValid({ validFromDate, validToDate }: X509Certificate, at: Date, what: string): void {
  if (at < validFromDate) throw new Refused(`its ${what} is not valid before ${validFromDate.toISOString()}`)
  if (at > validToDate) throw new Refused(`its ${what} expired on ${validToDate.toISOString()}`, { status: 'expired' })
}

/**
 * Breadth first, each authority once, at its shortest distance: there path lengths are met when they can be met at all. An anchor ends the path. Path
 * length counts the authorities below, without the leaf (§4.2.1.9).
 */
function shortestPath({ leaf, intermediates, anchors }: ChainRequest): readonly X509Certificate[] | undefined {
  const seen = new Set([leaf.fingerprint256])
  let left = maxVerifications
  const isIssuedBy = (path: readonly X509Certificate[], authority: X509Certificate): boolean => {
    const last = path.at(-1)
    if (!last || seen.has(authority.fingerprint256) || !mayIssue(last, authority) || maxPathLength(authority) < path.length - 1)
      return false
    left -= 1
    if (left < 0) throw new Refused('there are too many ways from its certificate to a certificate authority')
    return last.verify(authority.publicKey)
  }
  const paths: (readonly X509Certificate[])[] = [[leaf]]
  for (const path of paths) {
    if (path.length > maxDepth) return undefined
    const anchor = anchors.find((one) => isIssuedBy(path, one))
    if (anchor) return [...path, anchor]
    for (const next of intermediates) {
      if (!isIssuedBy(path, next)) continue
      seen.add(next.fingerprint256)
      paths.push([...path, next])
    }
  }
  return undefined
}

function mayIssue(certificate: X509Certificate, authority: X509Certificate): boolean {
  if (!authority.ca || !certificate.checkIssued(authority)) return false
  try {
    algorithmOf(authority.publicKey)
    return true
  } catch {
    return false
  }
}

/** SEQUENCE { cA BOOLEAN, pathLenConstraint INTEGER }, which node does not show. */
function maxPathLength({ raw }: X509Certificate): number {
  const at = raw.indexOf(basicConstraints)
  if (at < 0) return 0
  const isCritical = raw[at + 5] === 0x01
  const sequence = at + 5 + (isCritical ? 3 : 0) + 2
  const length = raw[sequence + 1] ?? 0
  const isBounded = length > 3 && raw[sequence + 5] === 0x02
  return isBounded ? raw.readUIntBE(sequence + 7, Math.min(raw[sequence + 6] ?? 1, 6)) : Number.POSITIVE_INFINITY
}

/** URI, mail address or name it was issued to: what identities are matched with. */
export function subjectOf({ subjectAltName, subject }: X509Certificate): string {
  const [first] = (subjectAltName ?? '').split(', ')
  const alternative = first?.replace(/^(?:URI|email|DNS):/, '')
  const commonName = subject?.split('\n').find((line) => line.startsWith('CN='))
  return (alternative || commonName?.slice(3) || subject || 'unnamed').replaceAll('\n', ', ').slice(0, 500)
}
