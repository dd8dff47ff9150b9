import { BlockList, isIP } from 'node:net'

type Network = readonly [address: string, prefix: number]

/**
 * What is not on the public internet: the special-purpose addresses, also those that are globally reachable, and multicast.
 *
 * @see [RFC 6890 - Special-Purpose IP Address Registries](https://www.rfc-editor.org/rfc/rfc6890.html#section-2.2)
 */
const SPECIAL_IPV4: readonly Network[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

/** Everything else is not allocated, or special: the loopback, local and mapped addresses, multicast, and NAT64. */
const GLOBAL_IPV6: readonly Network[] = [['2000::', 3]]

/** The special ones of those: Teredo, ORCHID and others of the IETF, documentation, 6to4, AS112. */
const SPECIAL_IPV6: readonly Network[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
]

// One list for each family: a BlockList also matches an IPv4 address that is mapped into IPv6, and the other way round.
const specialIpv4 = listOf(SPECIAL_IPV4, 'ipv4')
const globalIpv6 = listOf(GLOBAL_IPV6, 'ipv6')
const specialIpv6 = listOf(SPECIAL_IPV6, 'ipv6')

/** Whether a text is an IP address that belongs to somebody on the public internet. False for any other text. */
export function isPublicAddress(text: string): boolean {
  const family = isIP(text)
  if (family === 4) return !specialIpv4.check(text, 'ipv4')
  return family === 6 && globalIpv6.check(text, 'ipv6') && !specialIpv6.check(text, 'ipv6')
}

function listOf(networks: readonly Network[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList()
  for (const [address, prefix] of networks) list.addSubnet(address, prefix, family)
  return list
}
