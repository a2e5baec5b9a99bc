import type { ChainCapacityView, StatusView } from '../../../host/operations/context.ts'

/** Makes the status of a daemon with the given room on its chain and otherwise nothing to report. */
export function statusView(room: Partial<ChainCapacityView> = {}): StatusView {
  return {
    version: '0',
    pid: process.pid,
    data: '/data',
    name: 'here',
    agent: 'uhCAkself',
    network: {
      name: 'local',
      local: 'home',
      dna: 'uhC0k',
      bootstrap_url: null,
      server: 'this machine',
      address: '/ip4/10.0.0.7/tcp/4001/p2p/12D3KooW',
      join: 'ripple up',
    },
    api: { url: 'http://127.0.0.1:2', token_file: '/data/token', key_file: '/data/key', ollama: null },
    conductor: { version: '0', pid: 1, state: 'ready', log: '/data/conductor.log' },
    writes: { state: 'open', code: null, why: null },
    engine: { build: 'none', backend_class: 'none' },
    artifacts: { kind: 'helia', pinned: 0 },
    epoch: {
      epoch: 7,
      ends_at: Date.UTC(2026, 10, 23),
      room: { actions: 0, reserved: 0, max: 5_000, posts: 830, runs: 2_492, tight: false, ...room },
    },
    peers: { known: 0, online: 0, waiting: 0 },
    presence: { state: 'isolated', why: 'no other machine has been seen' },
    models: [],
    tasks: {},
    held_grants: 0,
    draining: false,
    paused: null,
    prompt_cache: null,
    log: '/data/daemon.log',
    uptime_ms: 0,
  }
}
