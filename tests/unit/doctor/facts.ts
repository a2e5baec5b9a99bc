// Makes the facts of two machines that work together.
import type { MachineFacts, PairFacts, ReachFacts } from '../../../host/types/machine-facts.ts'

const dnas = { agent_registry: 'uhC0kAgents', resource_mesh: 'uhC0kMesh' }

/** Makes the facts of a healthy machine of a LAN; `host` is the last number of its address. */
export function healthy(name: string, host: number): MachineFacts {
  return {
    form: 1,
    version: '1.0.0',
    name,
    agent: `uhCAk${name}`,
    peer: `12D3KooW${name}`,
    place: `${host}`.padStart(16, '0'),
    at: 1_790_000_000_000,
    network: { name: 'local', seed: 'a'.repeat(16), file: 'b'.repeat(16), by_mdns: true },
    dnas,
    interfaces: [
      { name: 'lo', address: '127.0.0.1', prefix: 8, kind: 'loopback' },
      { name: 'eth0', address: `10.77.0.${host}`, prefix: 24, kind: 'lan' },
    ],
    multicast_by: 'eth0',
    addresses: [`/ip4/10.77.0.${host}/tcp/4001`],
    mdns: { on: true, seen: 1 },
    server: { url: 'http://10.77.0.1:41000', id: 'a', here: host === 1, reachable: true, skew_ms: 0 },
    peers: { known: 1, online: 1, waiting: 0, named: 2 },
    gossip: { peers: 1, rounds: 4, errors: 0, last_ms_ago: 9_000 },
    relay: null,
    proxies: [],
    ports: [
      { use: 'api', port: 4747, state: 'own' },
      { use: 'forwarder', port: 21_100, state: 'own' },
    ],
    disk: { free_mib: 90_000 },
    memory: { free_mib: 6_000, total_mib: 8_000 },
    keystore: { state: 'ready' },
    membrane: { state: 'open', why: null },
    models: { names: ['qwen3-0.6b'], indexing: [], problem: null },
    gpu: { name: null, used: false },
    ipfs: { kind: 'helia', reachable: true },
    daemon: { up_ms: 600_000, conductor: 'ready', refusal: null, slept_ms_ago: null },
  }
}

/** Says that a machine reaches another one at its address in every way. */
export function reaches(host: number): ReachFacts {
  return {
    tcp: [{ address: `/ip4/10.77.0.${host}/tcp/4001`, result: 'open' }],
    udp: true,
    named: true,
    mdns: true,
    accepted: true,
    path: 'direct',
  }
}

/** Two healthy machines: this one and `b`, which have compared each other over a stream. */
export interface Two {
  readonly here: MachineFacts
  readonly pair: PairFacts & { there: MachineFacts; out: ReachFacts; back: ReachFacts }
}

/** Makes two healthy machines. */
export function healthyPair(): Two {
  return {
    here: healthy('a', 1),
    pair: {
      name: 'b',
      way: 'stream',
      there: healthy('b', 2),
      skew_ms: 12,
      seen_ms_ago: 4_000,
      left: false,
      out: reaches(2),
      back: reaches(1),
    },
  }
}
