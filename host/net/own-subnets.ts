/** Tells addresses of this machine's own networks from others. */
import { BlockList, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Whether an address lies beyond the networks that this machine's interfaces are on, loopback included. */
export function isOutside(address: Multiaddr, interfaces = networkInterfaces()): boolean {
  const host = /^\/ip[46]\/([^/]+)/.exec(address.toString())?.[1]
  if (host === undefined) return false
  const own = new BlockList()
  for (const { cidr, family } of Object.values(interfaces).flatMap((some) => some ?? [])) {
    const [subnet = '', bits = ''] = cidr?.split('/') ?? []
    if (subnet !== '') own.addSubnet(subnet, Number(bits), family === 'IPv6' ? 'ipv6' : 'ipv4')
  }
  return !own.check(host, isIPv6(host) ? 'ipv6' : 'ipv4')
}
