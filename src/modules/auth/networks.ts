import { BlockList, isIP } from 'node:net'

/** Whether an address is in one of the CIDR ranges of its own family; a caller without an address is in none. */
export function isFrom(ip: string | null, networks: readonly string[]): boolean {
  const version = isIP(ip ?? '')
  if (ip === null || version === 0) return false
  const family = version === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix] = network.split('/')
    if (isIP(address) === version) list.addSubnet(address, Number(prefix ?? { ipv4: 32, ipv6: 128 }[family]), family)
  }
  return list.check(ip, family)
}
