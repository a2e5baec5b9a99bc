/** Finds the IP networks that two machines share, by their interfaces. */
import { BlockList, isIPv4, isIPv6 } from 'node:net'
import type { MachineFacts } from '../types/machine-facts.ts'

type Interface = NonNullable<MachineFacts['interfaces']>[number]

/** A network on which both machines have an address. */
export interface SharedNetwork {
  /** Its address and length, such as `192.168.1.0/24`. */
  readonly network: string
  readonly here: Interface
  readonly there: Interface
}

/** Kinds of interfaces that do not lead to another machine: bridges of containers have the same addresses everywhere. */
const INSIDE: ReadonlySet<Interface['kind']> = new Set(['loopback', 'bridge', 'link_local'])

/** Returns the networks that both machines are on; null if the interfaces of one are unknown. */
export function sharedNetworks(
  { interfaces: here }: Pick<MachineFacts, 'interfaces'>,
  { interfaces: there }: Pick<MachineFacts, 'interfaces'>,
): SharedNetwork[] | null {
  if (here === null || there === null) return null
  const outside = (all: readonly Interface[]) => all.filter(({ kind }) => !INSIDE.has(kind))
  return outside(here).flatMap((own) =>
    outside(there).flatMap((other) =>
      contains(own, other.address) && contains(other, own.address)
        ? [{ network: `${own.address}/${own.prefix}`, here: own, there: other }]
        : [],
    ),
  )
}

/**
 * Whether two machines share a network, or are the same machine; null if that is unknown.
 */
export function onSharedNetwork(
  here: Pick<MachineFacts, 'interfaces' | 'place'>,
  there: Pick<MachineFacts, 'interfaces' | 'place'>,
): boolean | null {
  if (here.place === there.place) return true
  const shared = sharedNetworks(here, there)
  return shared === null ? null : shared.length > 0
}

function contains({ address, prefix }: Interface, other: string): boolean {
  const family = isIPv4(address) ? 'ipv4' : 'ipv6'
  const known = isIPv4(address) ? isIPv4 : isIPv6
  if (!known(address) || !known(other)) return false
  // The length comes from a peer; an IPv4 network has at most 32 bits.
  if (prefix > (family === 'ipv4' ? 32 : 128)) return false
  const list = new BlockList()
  list.addSubnet(address, prefix, family)
  return list.check(other, family)
}
