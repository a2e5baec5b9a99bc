/** Runs the operations on this machine. */
import type { z } from 'zod'
import { limits } from '../../limits.ts'
import type { Peer } from '../../types/peer.ts'
import type { Context } from '../context.ts'
import { type Handler, handle } from '../operation.ts'
import { drain, peers, status, stop } from './shape.ts'
import type { peerView } from './view.ts'

type PeerView = z.output<typeof peerView>

/** The operations on this machine that can be called. */
export const machineHandlers: readonly Handler<Context>[] = [
  handle(status, (context: Context, _given, signal) => context.status(signal)),
  handle(peers, async (context: Context, _given, signal) => {
    const now = Date.now()
    const peers = (await context.peers(signal)).map((peer) => viewOf(peer, context.agent, now))
    const alone = peers.every(({ self, state }) => self || state === 'offline' || state === 'silent')
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

function viewOf(peer: Peer, self: string, now: number): PeerView {
  const { compute, inference } = peer.card.capabilities
  const ago = peer.seenAt === null ? null : Math.max(0, now - peer.seenAt)
  return {
    agent: peer.agent,
    name: peer.card.agent_name,
    self: peer.agent === self,
    state: peer.agent === self ? peer.card.availability : stateOf(peer, ago),
    cpu_cores: compute.cpu_cores,
    ram_gb: compute.ram_gb,
    gpu: compute.gpu === null ? null : compute.gpu.model,
    models: inference.models_loaded,
    held_grants: peer.presence?.held_grants ?? null,
    seen_ms_ago: ago,
    version: peer.card.agent_version,
  }
}

/**
 * Returns a peer's state. A peer that was never heard is silent; one that missed its beats is offline, regardless of
 * its card.
 */
function stateOf(peer: Peer, ago: number | null): PeerView['state'] {
  if (ago === null) return 'silent'
  if (ago > limits.presence_every_ms * limits.presence_missed_max) return 'offline'
  return peer.presence?.availability ?? peer.card.availability
}
