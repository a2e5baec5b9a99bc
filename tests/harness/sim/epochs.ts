import { type EpochRules, epochAt, epochsToOpen } from '../../../host/config/epoch.ts'
import { EpochDht, type OpenEpoch } from '../../../host/dht/epochs/epoch-dht.ts'
import type { Dht } from '../../../host/dht/port.ts'
import type { Clock } from '../../../host/types/clock.ts'
import type { AgentKey, MeshEvent } from '../../../host/types/events.ts'
import { MemoryNetwork, type MemoryNetworkOptions } from '../doubles/memory-dht.ts'
import { dnaHashOf, type Identity } from './identity.ts'

/** The network of a simulation, with epochs or without. */
export interface SimNetwork {
  /** A machine's view; `flaw` is put around each cell of it. */
  join(identity: Identity, clock: Clock, flaw: (dht: Dht) => Dht): Dht
  /** Every event that was written, by author. */
  chains(): ReadonlyMap<AgentKey, readonly MeshEvent[]>
}

/** One network for all time. */
export function timelessNetwork(options: MemoryNetworkOptions): SimNetwork {
  const network = new MemoryNetwork(options)
  return {
    join: ({ agent, sign }, clock, flaw) => flaw(network.join(agent, sign, clock)),
    chains: () => network.chains(),
  }
}

/** A network of epochs, which each machine opens by its own clock and keeps. */
export function rollingNetwork(
  options: Omit<MemoryNetworkOptions, 'dnaHash'>,
  rules: EpochRules,
): SimNetwork {
  const networks = new Map<number, MemoryNetwork>()
  const networkOf = (epoch: number): MemoryNetwork => {
    const network =
      networks.get(epoch) ?? new MemoryNetwork({ ...options, dnaHash: dnaHashOf(`epoch ${epoch}`) })
    networks.set(epoch, network)
    return network
  }
  return {
    join: ({ agent, sign }, clock, flaw) => {
      const cells: OpenEpoch[] = []
      const open = () => {
        for (const epoch of epochsToOpen(clock.now(), rules)) {
          if (cells.some((one) => one.epoch === epoch)) continue
          cells.push({ epoch, dht: flaw(networkOf(epoch).join(agent, sign, clock)) })
        }
        return cells.sort((a, b) => a.epoch - b.epoch)
      }
      return new EpochDht({ agent, open, now: () => epochAt(clock.now(), rules) })
    },
    chains: () => {
      const all = [...networks.values()].flatMap((network) => [...network.chains()])
      const authors = Object.groupBy(all, ([author]) => author)
      return new Map(
        Object.entries(authors).map(([author, chains]) => [
          author,
          (chains ?? []).flatMap(([, chain]) => chain),
        ]),
      )
    },
  }
}
