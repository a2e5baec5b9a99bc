/** Defines the state of the rendezvous. */
import { rendezvousLimits } from '../limits/rendezvous.ts'
import type { Paces, WithPace } from '../planning/effect-retry.ts'
import { PersistentMap } from '../planning/persistent-map.ts'
import type { Millis } from '../types/events.ts'
import type { Hello, PeerId, Sighting } from './hello.ts'

/** Another machine, as this one knows it. */
export interface Neighbour {
  readonly id: PeerId
  readonly isConnected: boolean
  /** When the connection opened or, without one, when the peer was last discovered. */
  readonly since: Millis
  /** The peer's last hello over this connection; null before the first. */
  readonly hello: Hello | null
  /** When that was; null also after the peer left a greeting without an answer. */
  readonly heardAt: Millis | null
  /** The sighting of this machine that the peer heard last, and the one in the greeting that is under way. */
  readonly told: Sighting | null
  readonly telling: Sighting | null
  /** Whether two greetings crossed, so that the peer may know less, or name another server, than it seems. */
  readonly isUnsure: boolean
  /** Greetings without an answer, one after another. */
  readonly failures: number
}

/** The way to a server of another machine. */
export interface Route {
  /** The neighbour that this machine points at. */
  readonly via: PeerId
  /** The sighting of this machine: that of the neighbour, one hop further. */
  readonly sighting: Sighting
  /** When the sighting's pulse last rose. */
  readonly freshAt: Millis
}

/** The state of the rendezvous on one machine. */
export interface RendezvousState extends WithPace {
  readonly self: PeerId
  readonly neighbours: PersistentMap<PeerId, Neighbour>
  /** The sighting of the own server while it runs, and when a machine that points at it last said hello. */
  readonly own: Sighting | null
  readonly usedAt: Millis
  /** The way to another machine's server, which has precedence over the own one; null if none is known. */
  readonly route: Route | null
  /** When this machine last came to name another server, or none. */
  readonly changedAt: Millis
  /** The peers that are asked for a server; none while one is known. */
  readonly asked: ReadonlySet<PeerId>
  /** The last sightings of servers whose way was lost, newest last. */
  readonly lost: readonly Sighting[]
  /** Failures of the own server, one after another, and until when others should serve. */
  readonly serverFailures: number
  readonly backUntil: Millis
  /** The machine to which the forwarder leads; null at first. */
  readonly pointed: PeerId | null
  readonly pace: Paces
}

/** Returns the state of a machine that has just started. */
export function newState(self: PeerId, at: Millis): RendezvousState {
  return {
    self,
    neighbours: PersistentMap.of<PeerId, Neighbour>([]),
    own: null,
    usedAt: Number.NEGATIVE_INFINITY,
    route: null,
    changedAt: at,
    asked: new Set(),
    lost: [],
    serverFailures: 0,
    backUntil: at,
    pointed: null,
    pace: new Map(),
  }
}

/** Returns the sighting that this machine makes; null while it knows no server. */
export function sightingOf(state: RendezvousState): Sighting | null {
  return state.route?.sighting ?? state.own
}

/** Returns the hello of this machine. */
export function helloOf(state: RendezvousState, now: Millis): Hello {
  return { sighting: sightingOf(withUse(state, now)), able: now >= state.backUntil }
}

/** Returns the state at a time: a server whose last user fell silent is no longer used. */
export function withUse(state: RendezvousState, now: Millis): RendezvousState {
  const isUsed = now - state.usedAt < rendezvousLimits.sighting_fresh_ms
  return state.own && state.own.isUsed !== isUsed ? { ...state, own: { ...state.own, isUsed } } : state
}

/** Whether two sightings name the same server. A server that starts again is another one. */
export function isSameServer(a: Sighting | null, b: Sighting | null): boolean {
  return a?.server === b?.server && a?.since === b?.since
}
