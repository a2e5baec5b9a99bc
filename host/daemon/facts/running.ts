/** Collects the facts of a machine whose daemon runs. */
import type { Artifacts } from '../../artifacts/port.ts'
import type { Config } from '../../config/config.ts'
import type { Env } from '../../config/env.ts'
import { readNetwork } from '../../config/network.ts'
import type { ConductorHandle } from '../../dht/session/open-conductor.ts'
import type { Engine } from '../../engine/port.ts'
import { probeGpu } from '../../hardware/card.ts'
import type { PrivateMembership } from '../../membership/membership.ts'
import type { ModelStore } from '../../models/store.ts'
import type { PeerNode } from '../../net/libp2p.ts'
import { isOnline, isWaiting } from '../../peers/presence.ts'
import type { Clock } from '../../types/clock.ts'
import type { MachineFacts } from '../../types/machine-facts.ts'
import type { Peer } from '../../types/peer.ts'
import { plain } from '../../types/text/plain-text.ts'
import type { Joined } from '../peers/join-network.ts'
import type { LanRendezvous } from '../peers/lan-rendezvous.ts'
import { inTime, machineWithoutDaemon, networkFacts, probeServer } from './machine.ts'
import { membershipFacts } from './membrane.ts'
import { storeFacts } from './models.ts'

/** Parts of the daemon that the facts describe. */
export interface RunningNeeds {
  readonly config: Config
  readonly env: Pick<Env, 'proxies'>
  readonly joined: Pick<Joined, 'network' | 'forwarder'>
  readonly rendezvous: Pick<LanRendezvous, 'serverPlace'> | null
  readonly conductor: Pick<ConductorHandle, 'agent' | 'agents' | 'gossip' | 'guard' | 'pathTo' | 'status'>
  readonly node: Pick<PeerNode, 'addresses' | 'peerId'>
  /** The membership of a private network; null for an open one. */
  readonly membership: Pick<PrivateMembership, 'proof' | 'refusal'> | null
  readonly models: ModelStore
  readonly artifacts: Pick<Artifacts, 'ls'>
  readonly engine: Pick<Engine, 'gpu'>
  readonly clock: Clock
  peers(): readonly Peer[]
}

/** The most addresses that the facts name. */
const ADDRESSES_MAX = 16
/** The longest text of an error, in characters. */
const TEXT_CHARACTERS_MAX = 400

/** The longest name of a GPU, in characters. */
const GPU_CHARACTERS_MAX = 128

/** Collects the facts. Whatever cannot be found out in time is null. */
export async function runningFacts(needs: RunningNeeds, signal: AbortSignal): Promise<MachineFacts> {
  const { config, env, joined, conductor, node, artifacts, clock } = needs
  const { network } = joined
  const models = async () => storeFacts(needs.models)
  const [machine, named, gossip, gpu, artifactsAnswer] = await Promise.all([
    machineWithoutDaemon({ config, env, models }, signal),
    inTime(async () => (await conductor.agents()).length, signal),
    inTime(() => gossipFacts(needs), signal),
    inTime(() => gpuFacts(needs.engine), signal),
    inTime((until) => artifacts.ls(until), signal),
  ])
  const server =
    machine.server ?? (await inTime((until) => lanServerFacts(needs, machine.place, until), signal))
  const others = needs.peers().filter(({ agent }) => agent !== conductor.agent)
  const now = clock.now()
  return {
    ...machine,
    agent: conductor.agent,
    peer: node.peerId,
    network: networkFacts(readNetwork(config.network, config.network_file), network.seed),
    addresses: node.addresses().slice(0, ADDRESSES_MAX),
    server,
    relay: node.addresses().some((address) => address.includes('/p2p-circuit')),
    peers: {
      known: others.length,
      online: others.filter((peer) => isOnline(peer, now)).length,
      waiting: others.filter((peer) => isWaiting(peer, now)).length,
      named,
    },
    gossip,
    keystore: { state: 'ready' },
    membrane: membershipFacts(needs.membership, conductor.agent),
    gpu,
    ipfs: {
      kind: config.artifacts.kubo_url === null ? 'helia' : 'kubo',
      reachable: artifactsAnswer !== null,
    },
    daemon: daemonFacts(needs),
  }
}

/** Describes the server that the machines of the LAN have chosen, to which the forwarder leads. */
async function lanServerFacts(
  { joined, rendezvous, node }: RunningNeeds,
  place: string,
  signal: AbortSignal,
): Promise<MachineFacts['server']> {
  const server = rendezvous?.serverPlace()
  if (server === undefined || server.at === 'nowhere') return null
  const facts = await probeServer(joined.forwarder.url, { place, here: server.at === 'here' }, signal)
  return { ...facts, id: server.at === 'peer' ? server.peer : node.peerId }
}

/** Names the GPU that the engine runs on, else one that it does not use. */
async function gpuFacts({ gpu }: Pick<Engine, 'gpu'>): Promise<MachineFacts['gpu']> {
  if (gpu === null) return { name: await probeGpu(), used: false }
  return { name: plain(gpu.devices.join(', ')).slice(0, GPU_CHARACTERS_MAX), used: true }
}

async function gossipFacts({ conductor }: RunningNeeds): Promise<MachineFacts['gossip']> {
  const { peers, rounds, errors, lastAt } = await conductor.gossip()
  // The conductor goes by the machine's own clock.
  return { peers, rounds, errors, last_ms_ago: lastAt === null ? null : Math.max(0, Date.now() - lastAt) }
}

function daemonFacts({ conductor }: RunningNeeds): MachineFacts['daemon'] {
  const refusal = conductor.guard.refusal()
  return {
    up_ms: Math.round(process.uptime() * 1_000),
    conductor: conductor.status().state,
    refusal:
      refusal === null
        ? null
        : { code: refusal.code, why: `${refusal.message}: ${refusal.hint}`.slice(0, TEXT_CHARACTERS_MAX) },
    slept_ms_ago: null,
  }
}
