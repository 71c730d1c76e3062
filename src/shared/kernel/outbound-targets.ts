import { BlockList, isIP } from 'node:net'

type Family = 'ipv4' | 'ipv6'
type Network = readonly [address: string, prefix: number]

/** IANA special-purpose registry (RFC 6890 and its updates): what is not the public internet. And one public address that a cloud keeps for itself. */
const special4: readonly Network[] = [
  ...([
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
  ] as const),
  ...([
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.88.99.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
  ] as const),
  ...([
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
    ['168.63.129.16', 32],
  ] as const),
]
/**
 * All there is of IPv6: loopback, link-local, unique local, multicast, and every way to write an IPv4 address as a whole (mapped, compatible,
 * translated as 64:ff9b::/96) lie outside of it; Teredo and 6to4 are ways inside.
 */
const global6: Network = ['2000::', 3]
const special6: readonly Network[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

const special = listOf(special4, 'ipv4')
for (const [address, prefix] of special6) special.addSubnet(address, prefix, 'ipv6')
const global = listOf([global6], 'ipv6')

function listOf(networks: readonly Network[], family: Family): BlockList {
  const list = new BlockList()
  for (const [address, prefix] of networks) list.addSubnet(address, prefix, family)
  return list
}

const familyOf = (address: string): Family => (isIP(address) === 4 ? 'ipv4' : 'ipv6')

/** Whether anybody on the internet could mean this address by it. */
function isPublic(address: string): boolean {
  const family = familyOf(address)
  return !special.check(address, family) && (family === 'ipv4' || global.check(address, family))
}

const hostName = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/i

/** An address, or an address with the length of a prefix. */
export function isNetwork(text: string): boolean {
  const [address = '', length, ...rest] = text.split('/')
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  return rest.length === 0 && bits > 0 && (length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits))
}

/** What `outboundAllow` may hold. */
export const isOutboundTarget = (text: string): boolean => isNetwork(text) || hostName.test(text)

/** Where requests may go. */
export interface OutboundTargets {
  /** Whatever addresses it stands for. */
  name(host: string): boolean
  address(address: string): boolean
}

/** `allowed`: names, addresses and CIDR ranges beside the public ones. */
export function outboundTargets(allowed: readonly string[]): OutboundTargets {
  const names = new Set(allowed.filter((entry) => !isNetwork(entry)).map(canonical))
  const networks = new BlockList()
  for (const entry of allowed.filter(isNetwork)) {
    const [address = '', prefix] = entry.split('/')
    const family = familyOf(address)
    networks.addSubnet(address, prefix === undefined ? { ipv4: 32, ipv6: 128 }[family] : Number(prefix), family)
  }
  return {
    name: (host) => names.has(canonical(host)),
    address: (address) => isIP(address) !== 0 && (isPublic(address) || networks.check(address, familyOf(address))),
  }
}

const canonical = (host: string): string => host.toLowerCase().replace(/\.$/, '')
