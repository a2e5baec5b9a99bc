/** Defines the state of a daemon as poster and as worker, and changes its maps. */

import type { Paces } from '../../planning/effect-retry.ts'
import { PersistentMap } from '../../planning/persistent-map.ts'
import type { Taken } from '../../types/allocation.ts'
import type { ActionHash, AgentKey, DnaHash, Millis } from '../../types/events.ts'
import type { Peer } from '../../types/peer.ts'
import { type Asked, type Claimed, type Held, isProven, type Standby } from './held.ts'
import { currentGrant, type Posted } from './posted.ts'
import type { PosterNote } from './posters.ts'

/** Settings of this daemon; the numbers are milliseconds unless named otherwise. */
export interface MeshConfig {
  /** The use of this machine for its own tasks: never, or when no other peer can run them. */
  readonly self: 'never' | 'last'
  /** Whether it takes work from others (and from itself). */
  readonly works: boolean
  /** The most grants that it holds at a time, running or waiting. */
  readonly held_grants_max: number
  /** The most grants that it runs at a time: as many as its engine does. */
  readonly runs_max: number
  /** Milliseconds that an offer waits for its answer before the next peer is asked. */
  readonly offer_wait_ms: number
  /** Milliseconds after which a poster whose task no peer takes asks all peers again. */
  readonly offer_again_ms: number
  /** Renewals of a lease by its worker, as a divisor of the lease. */
  readonly lease_renewals: number
  /**
   * Milliseconds that a worker may stay silent while it runs a task. It sends a message as often as it renews a lease.
   */
  readonly silence_ms: number
  /** Milliseconds between two listings of tasks that allow fallback. */
  readonly standby_list_ms: number
  /** Milliseconds that each stand-in has before the next one's turn comes. */
  readonly standby_step_ms: number
  /** Milliseconds that another machine's clock may be wrong. */
  readonly clock_skew_ms: number
  /** Milliseconds without a sign of life after which a peer counts as offline. */
  readonly peer_away_ms: number
  /** The shortest pause before a failed or unanswered effect is tried again; it doubles up to the longest. */
  readonly retry_ms: { readonly min: number; readonly max: number }
  /** The highest chain position that one key may write to in an epoch. */
  readonly max_action_seq: number
  /** The length of an epoch. */
  readonly epoch_ms: number
  /** The longest life of a task. For that time every peer of its epoch can still see it. */
  readonly task_life_ms: number
  /** Milliseconds that an answered task is kept for a poster that is away. */
  readonly answer_life_ms: number
}

/** A poster's pause toward a peer that said that it has no place. */
export interface PeerBackoff {
  /** Time until which it is asked nothing, by its own answer. */
  readonly until: Millis
  /** Milliseconds over which the tasks that waited for the peer are then offered. */
  readonly spread_ms: Millis
  /** The target of the spread in milliseconds. Refusals during a rest widen it, claims narrow it. */
  readonly goal_ms: Millis
}

/** All knowledge of one daemon, as poster and as worker. */
export interface MeshState {
  readonly self: AgentKey
  readonly config: MeshConfig
  /** Whether this machine takes nothing new and returns grants that it has not begun. */
  readonly draining: boolean
  /** Whether its owner's settings forbid new work for others now. Work that it has taken continues, and own tasks run. */
  readonly paused: boolean
  /** Running allocations of this machine, and those that it holds of others, by the owner's machine. */
  readonly allocated: ReadonlyMap<AgentKey, readonly Taken[]>
  /** Own tasks without a Close. */
  readonly open: ReadonlyMap<ActionHash, Posted>
  /** Closed own tasks that the journal has no record of yet. A recorded task leaves the state. */
  readonly closed: ReadonlyMap<ActionHash, Posted>
  /** The oldest task of each client's key, among the own tasks in the state. */
  readonly keys: ReadonlyMap<string, ActionHash>
  /** Own tasks that only one agent may run, by the client's key. */
  readonly only: ReadonlyMap<string, AgentKey>
  /** Own tasks that some agents may not run, by the client's key. */
  readonly except: ReadonlyMap<string, readonly AgentKey[]>
  /** Tasks that this machine was asked to run, by owner of the offer: any peer may name another's task. */
  readonly asked: ReadonlyMap<string, Asked>
  /** Tasks that this machine has claimed, without a grant yet. */
  readonly claimed: ReadonlyMap<ActionHash, Claimed>
  readonly held: ReadonlyMap<ActionHash, Held>
  /** Tasks that this machine may claim while their posters are away. */
  readonly standbys: ReadonlyMap<ActionHash, Standby>
  /** The first time bucket of the next listing of tasks that allow fallback; null before the first listing. */
  readonly standbyBucket: number | null
  /** The length of the own chain in each epoch, as far as it holds events. */
  readonly heads: ReadonlyMap<DnaHash, number>
  /** Actions that the open own tasks of each epoch may still need. */
  readonly reserved: ReadonlyMap<DnaHash, number>
  /** The latest attempt that was settled here, by task. The older half is forgotten when the younger one is full. */
  readonly settled: {
    readonly young: ReadonlyMap<ActionHash, number>
    readonly old: ReadonlyMap<ActionHash, number>
  }
  readonly peers: ReadonlyMap<AgentKey, Peer>
  /** Notes of this machine as a worker about posters; bounded, longest unheard first. */
  readonly posters: ReadonlyMap<AgentKey, PosterNote>
  /** Rests of busy peers; only peers that are known. */
  readonly backoffs: ReadonlyMap<AgentKey, PeerBackoff>
  /**
   * The position up to which each poster's list was read since it came, whether there is more, and which request that
   * answered.
   */
  readonly asking: ReadonlyMap<
    AgentKey,
    { readonly cursor: number; readonly more: boolean; readonly asks: number }
  >
  /** Running and past effects, by their owner and then by verb. */
  readonly pace: Paces
}

/** Returns the state of a daemon before the first event. */
export function emptyState(self: AgentKey, config: MeshConfig): MeshState {
  const none = PersistentMap.of<never, never>([])
  return {
    self,
    config,
    draining: false,
    paused: false,
    allocated: none,
    open: none,
    closed: none,
    keys: none,
    only: none,
    except: none,
    asked: none,
    claimed: none,
    held: none,
    standbys: none,
    standbyBucket: null,
    heads: none,
    reserved: none,
    settled: { young: none, old: none },
    peers: none,
    posters: none,
    backoffs: none,
    asking: none,
    pace: none,
  }
}

/** Whether this machine holds a proven grant of a task, rather than one that rests on a message alone. */
export function holdsTask(state: MeshState, task: ActionHash): boolean {
  return [...state.held.values()].some((held) => held.task === task && !held.ended && isProven(held))
}

/** The actions that end a task or a grant: a Close or a Result, and its link. */
export const WITH_LINK = 2

/** Returns the number of actions that an own task may still need of its poster: each further grant, and the Close. */
function stillNeeds(posted: Posted): number {
  if (posted.close) return 0
  const given = currentGrant(posted)?.entry.attempt ?? 0
  return Math.max(0, posted.task.entry.max_attempts - given) + WITH_LINK
}

/** Returns an own task that is open, or closed and not recorded yet. */
export function ownTask(state: MeshState, task: ActionHash): Posted | undefined {
  return state.open.get(task) ?? state.closed.get(task)
}

/** Returns the state with an own task as it is now. */
export function withPosted(state: MeshState, posted: Posted): MeshState {
  const { hash, entry } = posted.task
  const before = ownTask(state, hash)
  const needs = stillNeeds(posted) - (before ? stillNeeds(before) : 0)
  const reserved = (state.reserved.get(entry.dna_hash) ?? 0) + needs
  return {
    ...state,
    open: posted.close ? withoutKey(state.open, hash) : withKey(state.open, hash, posted),
    closed: posted.close ? withKey(state.closed, hash, posted) : state.closed,
    reserved: withKey(state.reserved, entry.dna_hash, reserved),
  }
}

/** Returns a version of a map with one value set. It copies one part of the map. */
export function withKey<K extends string | number, V>(
  map: ReadonlyMap<K, V>,
  key: K,
  value: V,
): ReadonlyMap<K, V> {
  return PersistentMap.of(map).with(key, value)
}

/** Returns a version of a map without one key; the same map if the key is absent. */
export function withoutKey<K extends string | number, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  return map.has(key) ? PersistentMap.of(map).without(key) : map
}
