/** Plans the effects of the rendezvous. */
import { rendezvousLimits } from '../limits/rendezvous.ts'
import { begunAt, paced } from '../planning/effect-retry.ts'
import { planFrom, type Subject } from '../planning/planner.ts'
import type { Millis } from '../types/events.ts'
import { awaitedPeers } from './asked.ts'
import type { Plan, PlanItem } from './effect.ts'
import { isSameServer, type Neighbour, type RendezvousState, sightingOf } from './state.ts'

/** The shortest pauses between two effects of a kind, in milliseconds. */
const gapMs = { serve: () => 1_000, point: () => 200, greet: () => 200 }

/** Returns the effects for a subject now: this machine's server and forwarder, by its own id, or the greeting of a peer. */
export function planOf(state: RendezvousState, subject: Subject, now: Millis): Plan {
  if (subject === state.self) return planFrom(planSelf(state, now), now)
  const neighbour = state.neighbours.get(subject)
  return planFrom(neighbour ? planGreeting(state, neighbour, now) : [], now)
}

function* planSelf(state: RendezvousState, now: Millis): Generator<PlanItem> {
  const { self, route, own, pointed } = state
  const to = route?.via ?? (own ? self : null)
  if (to !== null && to !== pointed)
    yield* paced(state, now, self, 'point', gapMs.point, { type: 'point_at', to } as const)
  if (route && own && pointed === route.via)
    yield* paced(state, now, self, 'serve', gapMs.serve, { type: 'stop_server' } as const)
  if (route || own) return
  const startAt = serveAt(state)
  if (startAt > now) yield { wakeAt: startAt }
  else yield* paced(state, now, self, 'serve', gapMs.serve, { type: 'start_server' } as const)
}

/** Returns when this machine starts a server if nothing else happens. */
function serveAt(state: RendezvousState): Millis {
  const { server_settle_ms, server_patience_ms } = rendezvousLimits
  const wait = Math.max(server_settle_ms, server_patience_ms * awaitedPeers(state))
  return Math.max(state.backUntil, state.changedAt + wait)
}

function* planGreeting(state: RendezvousState, peer: Neighbour, now: Millis): Generator<PlanItem> {
  const at = peer.isConnected ? greetAt(state, peer) : dialAt(state, peer)
  if (at > now) yield { wakeAt: at }
  else yield* paced(state, now, peer.id, 'greet', gapMs.greet, { type: 'greet', peer: peer.id } as const)
}

/** Returns when to greet a peer without a connection. */
function dialAt(state: RendezvousState, peer: Neighbour): Millis {
  const last = begunAt(state, peer.id, 'greet')
  if (peer.failures === 0 || last === null) return peer.since + turnMs(state, peer)
  const again = last + retryMs(rendezvousLimits.dial_retry_ms, peer.failures)
  if (peer.since <= last) return again
  return Math.min(again, Math.max(peer.since, last + rendezvousLimits.dial_found_ms))
}

/** Returns when to greet a connected peer; infinity for never. */
function greetAt(state: RendezvousState, peer: Neighbour): Millis {
  const last = begunAt(state, peer.id, 'greet')
  if (peer.failures > 0 && last !== null)
    return last + retryMs(rendezvousLimits.hello_retry_ms, peer.failures)
  const { heardAt, hello } = peer
  if (heardAt === null || hello === null) return peer.since + turnMs(state, peer)
  const times = [
    state.route?.via === peer.id ? heardAt + rendezvousLimits.hello_every_ms : Number.POSITIVE_INFINITY,
    askAt(state, peer, heardAt),
    tellAt(state, peer, heardAt),
  ]
  return Math.min(...times)
}

/** Returns when to ask a peer for a server, or to tell one that points at this machine that the way is lost. */
function askAt(state: RendezvousState, peer: Neighbour, heardAt: Millis): Millis {
  if (sightingOf(state)) return Number.POSITIVE_INFINITY
  const isUser = peer.hello?.sighting?.via === state.self
  if (!isUser && !state.asked.has(peer.id)) return Number.POSITIVE_INFINITY
  return heardAt < state.changedAt ? state.changedAt : heardAt + rendezvousLimits.hello_lacking_ms
}

/** Returns when to greet a peer that names another server, or that may not have heard of the one of this machine. */
function tellAt(state: RendezvousState, peer: Neighbour, heardAt: Millis): Millis {
  const sighting = sightingOf(state)
  if (!sighting) return Number.POSITIVE_INFINITY
  if (peer.isUnsure) return heardAt + rendezvousLimits.hello_lacking_ms + turnMs(state, peer)
  const isTold = isSameServer(peer.told, sighting)
  if (isTold && isSameServer(peer.hello?.sighting ?? null, sighting)) return Number.POSITIVE_INFINITY
  const first = isTold ? heardAt + rendezvousLimits.hello_differs_ms : state.changedAt
  return first + turnMs(state, peer)
}

/** Returns how long this machine waits for the other one to begin: of a pair, the lesser id greets first. */
function turnMs({ self }: RendezvousState, { id }: Neighbour): Millis {
  return self < id ? 0 : rendezvousLimits.hello_second_ms
}

function retryMs({ min, max }: { readonly min: Millis; readonly max: Millis }, failures: number): Millis {
  return Math.min(max, min * 2 ** Math.min(failures - 1, 30))
}
