/** Describes this machine's network interfaces, and how multicast leaves it. */
import { readFile } from 'node:fs/promises'
import { isIPv4 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { MachineFacts } from '../../types/machine-facts.ts'

type Interface = NonNullable<MachineFacts['interfaces']>[number]

/** The most interfaces that the facts name. */
const INTERFACES_MAX = 32
/** Names of the bridges that containers and virtual machines make for themselves. */
const BRIDGE = /^(docker|br-[0-9a-f]{12}|virbr|cni|podman|lxcbr|lxdbr|vmnet|bridge100)/
/** Names of the interfaces of tunnels. */
const TUNNEL = /^(tun|tap|wg|tailscale|utun|zt|ppp|ipsec|nebula)/
/** The group of mDNS, 224.0.0.251, as a number. */
const MDNS_GROUP = 0xe00000fb
/** The flag of a route that is up (Linux, `RTF_UP`). */
const ROUTE_UP = 1

/** Lists the addresses of this machine, without loopback and link-local ones. */
export function interfaceFacts(all: ReturnType<typeof networkInterfaces> = networkInterfaces()): Interface[] {
  return Object.entries(all)
    .flatMap(([name, addresses]) =>
      (addresses ?? []).map(({ address, cidr, internal }) => ({
        name: name.slice(0, 32),
        address,
        prefix: Number(cidr?.split('/')[1] ?? (isIPv4(address) ? 32 : 128)),
        kind: internal ? ('loopback' as const) : kindOf(name, address),
      })),
    )
    .filter(({ kind }) => kind !== 'loopback' && kind !== 'link_local')
    .slice(0, INTERFACES_MAX)
}

/** Returns the kind of an interface. 100.64.0.0/10 is used by VPNs (RFC 6598). */
function kindOf(name: string, address: string): Interface['kind'] {
  if (BRIDGE.test(name)) return 'bridge'
  if (TUNNEL.test(name)) return 'vpn'
  if (/^169\.254\.|^fe80:/i.test(address)) return 'link_local'
  const [first = 0, second = 0] = address.split('.').map(Number)
  return first === 100 && second >= 64 && second < 128 ? 'vpn' : 'lan'
}

/** Returns the interface by which mDNS leaves; empty if no route leads there; null where the routes are not known. */
export async function multicastInterface(): Promise<string | null> {
  const table = await readFile('/proc/net/route', 'utf8').catch(() => null)
  return table === null ? null : routeOf(table, MDNS_GROUP)
}

/** Returns the interface of the most exact route to an IPv4 address in Linux's table; empty without one. Pure. */
export function routeOf(table: string, address: number): string {
  const routes = table
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .filter(([, , , flags]) => (Number.parseInt(flags ?? '0', 16) & ROUTE_UP) !== 0)
    .map(([name = '', to = '0', , , , , , mask = '0']) => ({
      name,
      to: hostOrder(to),
      mask: hostOrder(mask),
    }))
    .filter(({ to, mask }) => (address & mask) >>> 0 === to)
  return routes.toSorted((one, other) => other.mask - one.mask)[0]?.name ?? ''
}

/** Returns a number that Linux prints in the byte order of its machine, which is little-endian. */
function hostOrder(hex: string): number {
  return Buffer.from(hex.padStart(8, '0'), 'hex').readUInt32LE()
}
