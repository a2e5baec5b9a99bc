// A machine that compares itself with others: a real libp2p node and the daemon's service, without a conductor.
import { join } from 'node:path'
import { resolveConfig } from '../../host/config/config.ts'
import { readEnv } from '../../host/config/env.ts'
import { readNetwork, resolveNetwork } from '../../host/config/network.ts'
import {
  type DoctorService,
  type DoctorServiceNeeds,
  openDoctorService,
} from '../../host/daemon/facts/doctor-service.ts'
import { openPeerNode, type PeerAddress, type PeerNode } from '../../host/net/libp2p.ts'
import type { Peer } from '../../host/types/peer.ts'

/** A machine, until it is disposed. */
export interface DoctorMachine extends AsyncDisposable {
  readonly name: string
  readonly node: PeerNode
  readonly service: DoctorService
  /** Introduces another machine by a card; it was heard so many milliseconds ago. */
  meet(name: string, at: PeerAddress, seen_ms_ago?: number): void
}

/** What a machine is made of. */
export interface DoctorMachineOptions {
  readonly folder: string
  readonly name: string
  /** The server that is named; null where the machines of the LAN choose one. */
  readonly bootstrapUrl: string | null
  readonly listen?: readonly string[]
  readonly mdns?: string
  readonly messages: DoctorServiceNeeds['messages']
}

/** The agent key of a machine of these tests. */
export const agentOf = (name: string): string => `uhCAk${name}`

/** Opens a machine. Its conductor knows the machines that it has met. */
export async function doctorMachine(options: DoctorMachineOptions): Promise<DoctorMachine> {
  const { folder, name, bootstrapUrl, listen, mdns, messages } = options
  const node = await openPeerNode({
    keyFile: join(folder, `${name}.key`),
    ...(listen && { listen }),
    ...(mdns && { mdns }),
  })
  const met = new Map<string, { readonly at: PeerAddress; readonly seenAt: number }>()
  const peers = (): Peer[] =>
    [...met].map(([agent, { seenAt }]) => {
      const card = { agent_name: agent.replace(agentOf(''), '') } as Peer['card']
      return { agent, card, presence: null, seenAt }
    })
  const conductor = {
    agent: agentOf(name),
    agents: async () => [agentOf(name), ...met.keys()],
    gossip: async () => ({ peers: 1, rounds: 3, errors: 0, lastAt: Date.now() }),
    guard: { refusal: () => null },
    pathTo: async () => null,
    status: () => ({ version: '0', state: 'ready' as const, pid: 1, log: '' }),
  }
  const data = join(folder, name)
  const config = resolveConfig(readEnv({ HOME: folder }), {
    ...{ name, data, api: { port: 0 }, bootstrap_url: bootstrapUrl },
  })
  const service = await openDoctorService({
    ...{ config, env: { proxies: [] }, node, messages, peers },
    conductor: conductor as never,
    joined: {
      network: resolveNetwork(readNetwork('local'), { bootstrap: bootstrapUrl, localName: 'home' }),
      forwarder: { url: bootstrapUrl ?? '' } as never,
    },
    rendezvous: null,
    membership: null,
    models: { present: () => [], problems: [], indexing: [] } as never,
    acceptance: { accepts: () => true },
    artifacts: { ls: async () => [] },
    engine: { gpu: null },
    book: {
      lookup: (agent) => met.get(agent)?.at ?? null,
      agentOf: (id) => [...met].find(([, { at }]) => at.peerId === id)?.[0] ?? null,
    },
    clock: { now: () => Date.now(), sleep: async () => {} },
  })
  return {
    ...{ name, node, service },
    meet: (other, at, ago = 0) => void met.set(agentOf(other), { at, seenAt: Date.now() - ago }),
    [Symbol.asyncDispose]: async () => {
      await service[Symbol.asyncDispose]()
      await node[Symbol.asyncDispose]()
    },
  }
}
