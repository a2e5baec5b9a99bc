/** Runs the operations on this machine. */
import type { z } from 'zod'
import { stateNow } from '../../peers/presence.ts'
import type { Peer } from '../../types/peer.ts'
import type { Context } from '../context.ts'
import { type Handler, handle } from '../operation.ts'
import { drain, peers, status, stop } from './shape.ts'
import type { peerView } from './view.ts'

type PeerView = z.output<typeof peerView>

/** The operations on this machine that can be called. */
export const machineHandlers: readonly Handler<Context>[] = [
  handle(status, (context: Context, _given, signal) => context.status(signal)),
  handle(peers, async (context: Context, { wide }, signal) => {
    const now = Date.now()
    const known = await context.peers(signal)
    const peers = wide
      ? wideViews(known, context, now)
      : known.map((peer) => viewOf(peer, context.agent, now))
    const alone = peers.every(({ self, state }) => self || state === 'unreachable' || state === 'left')
    return { peers, join: alone ? (await context.status(signal)).network.join : null }
  }),
  handle(drain, async (context: Context, { off, wait }, signal) => {
    context.drain(!off)
    if (wait && !off) await context.waitDrained(signal)
    const { draining } = await context.status(signal)
    return { draining, held_grants: context.undrainedCount() }
  }),
  handle(stop, async (context: Context) => {
    context.stop()
    return { pid: process.pid, stopped: false }
  }),
]

/** Returns the peers with the way to each, and its details. */
export function wideViews(known: readonly Peer[], context: Context, now: number): PeerView[] {
  const loaded = new Set(
    context.inference
      .models()
      .flatMap(({ digest, at }) => at.filter((one) => one.loaded).map(({ agent }) => `${agent} ${digest}`)),
  )
  return known.map((peer) => {
    const view = viewOf(peer, context.agent, now)
    return { ...view, path: pathOf(view, known, context), details: detailsOf(peer, loaded) }
  })
}

/** Returns what else is known of a peer. `loaded` has an agent and a digest for each model that is in memory. */
function detailsOf({ agent, card, presence }: Peer, loaded: ReadonlySet<string>): PeerView['details'] {
  const { compute, inference, storage } = card.capabilities
  return {
    cpu_arch: compute.cpu_arch,
    gpus: compute.gpus.map(({ model, vram_gb }) => ({ model, vram_gb })),
    disk_gb: storage.local_ssd_gb,
    models: inference.models.map(({ name, digest, context_tokens }) => ({
      ...{ name, sha256: digest, context_tokens },
      loaded: loaded.has(`${agent} ${digest}`),
    })),
    places: inference.max_batch_size,
    tokens_per_second: inference.tokens_per_second === 0 ? null : inference.tokens_per_second,
    load: presence === null ? null : { ...presence.load },
    region: card.network.latency_region || null,
    tags: [...card.tags],
  }
}

/** Returns the way to a peer; null for this machine, and for one that is away. */
function pathOf(
  { agent, self, state }: PeerView,
  known: readonly Peer[],
  context: Context,
): PeerView['path'] {
  const path = self ? null : context.pathTo(agent)
  if (path !== null) {
    const by = known.find((peer) => peer.agent === path.relay)?.card.agent_name ?? path.relay
    return { kind: path.kind, by, rtt_ms: path.rttMs === null ? null : Math.round(path.rttMs) }
  }
  const isThere = !self && ['online', 'draining', 'suspect'].includes(state)
  return isThere ? { kind: 'conductor', by: null, rtt_ms: null } : null
}

function viewOf(peer: Peer, self: string, now: number): PeerView {
  const { compute, inference } = peer.card.capabilities
  const ago = peer.seenAt === null ? null : Math.max(0, now - peer.seenAt)
  return {
    agent: peer.agent,
    name: peer.card.agent_name,
    self: peer.agent === self,
    state: peer.agent === self ? 'online' : stateOf(peer, now),
    waiting: peer.waiting ?? null,
    cpu_cores: compute.cpu_cores,
    ram_gb: compute.ram_gb,
    gpu: compute.gpu === null ? null : compute.gpu.model,
    models: inference.models_loaded,
    held_grants: peer.presence?.held_grants ?? null,
    seen_ms_ago: ago,
    seen_by: peer.seenBy ?? null,
    connected: peer.link?.state === 'open',
    version: peer.card.agent_version,
    path: null,
    details: null,
  }
}

/** Returns the state of a peer as people see it: a machine that is online says itself whether it is draining. */
function stateOf(peer: Peer, now: number): PeerView['state'] {
  const state = stateNow(peer, now)
  return state === 'online' && peer.presence?.availability === 'draining' ? 'draining' : state
}
