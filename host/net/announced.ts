/** Chooses the addresses that a machine announces to others. */
import type { networkInterfaces } from 'node:os'

/** Interfaces of containers and virtual machines on this machine, which no other machine reaches. */
const virtual = /^(docker|br-|veth|virbr|vmnet|vboxnet|podman|cni|flannel|cali|lxc|lxd)/

/**
 * Returns the addresses that other machines can reach best: those of network cards, else those of virtual private networks
 * (100.64.0.0/10), else those of container bridges, else loopback. Other addresses, such as those at a relay, come with every
 * choice. Pure.
 */
export function announced(
  addresses: readonly string[],
  interfaces: ReturnType<typeof networkInterfaces>,
): string[] {
  const bridged = new Set(
    Object.entries(interfaces).flatMap(([name, list]) =>
      virtual.test(name) ? (list ?? []).map(({ address }) => address) : [],
    ),
  )
  const rankOf = (address: string): number => {
    const host = /^\/ip4\/([\d.]+)\/(?!.*p2p-circuit)/.exec(address)?.[1]
    if (host === undefined) return 0
    if (host.startsWith('127.')) return 4
    if (bridged.has(host)) return 3
    return isShared(host) ? 2 : 1
  }
  const best = Math.min(...addresses.map(rankOf).filter((rank) => rank > 0))
  return addresses.filter((address) => [0, best].includes(rankOf(address)))
}

/** Whether a host is in 100.64.0.0/10, which carriers and virtual private networks use. */
function isShared(host: string): boolean {
  const [first, second] = host.split('.').map(Number)
  return first === 100 && second !== undefined && second >= 64 && second < 128
}
