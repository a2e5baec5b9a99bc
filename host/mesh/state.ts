import type { ActionHash, AgentKey, DnaHash, Millis } from '../types/events.ts'
import type { Peer } from '../types/peer.ts'
import { type Asked, type Claimed, type Held, isProven } from './held.ts'
import { PersistentMap } from './persistent-map.ts'
import { currentGrant, type Posted } from './posted.ts'
import type { PosterNote } from './posters.ts'
import type { Rest } from './rest.ts'
import type { Standby } from './standby.ts'

/** How this daemon behaves; the numbers are milliseconds unless named otherwise. */
export interface MeshConfig {
  /** Whether it may grant its own tasks to itself: never, or when no other peer can run them. */
  readonly self: 'never' | 'last'
  /** Whether it takes work from others (and from itself). */
  readonly works: boolean
  /** Grants that it holds at a time, running or waiting. */
  readonly held_grants_max: number
  /** Grants that it runs at a time: as many as its engine does. */
  readonly runs_max: number
  /** How long an offer waits for its answer before the next peer is asked. */
  readonly offer_wait_ms: number
  /** How often a poster with no taker asks everybody again. */
  readonly offer_again_ms: number
  /** How often a worker renews its lease, as a divisor of the lease. */
  readonly lease_renewals: number
  /** How long a worker may say nothing while it runs a task; it says something as often as it renews a lease. */
  readonly silence_ms: number
  /** How often tasks that allow fallback are looked for. */
  readonly standby_list_ms: number
  /** How long each stand-in has before the next one's turn comes. */
  readonly standby_step_ms: number
  /** How wrong another machine's clock may be. */
  readonly clock_skew_ms: number
  /** After how long without a sign of life a peer counts as offline. */
  readonly peer_away_ms: number
  /** Shortest pause before something that failed or got no answer is tried again; it doubles up to the longest. */
  readonly retry_ms: { readonly min: number; readonly max: number }
  /** The highest position that one key may write to in an epoch. */
  readonly max_action_seq: number
  /** Length of an epoch. */
  readonly epoch_ms: number
  /** Longest life of a task: for so long every peer that was in its epoch can still see it. */
  readonly task_life_ms: number
  /** How long what was answered is kept for a poster that is away. */
  readonly answer_life_ms: number
}

/** When something was last begun, how often, whether it is still going on, and how it ended. */
export interface Pace {
  readonly at: Millis
  readonly running: boolean
  /** Whether it ended well; false while it goes on. */
  readonly ok: boolean
  readonly tries: number
}

/** Everything that one daemon knows, as poster and as worker. */
export interface MeshState {
  readonly self: AgentKey
  readonly config: MeshConfig
  /** Whether this machine takes nothing new and gives back what it has not begun. */
  readonly draining: boolean
  /** Whether its owner's settings let it take nothing new from others now; what it has taken goes on, and own tasks run. */
  readonly paused: boolean
  /** Own tasks, those that have ended too. */
  readonly tasks: ReadonlyMap<ActionHash, Posted>
  /** Those of them that no Close ends. */
  readonly open: ReadonlyMap<ActionHash, Posted>
  /** The oldest task of each client's key, where a task of an open epoch has it. */
  readonly keys: ReadonlyMap<string, ActionHash>
  /** Own tasks that one agent alone may run, by the client's key. */
  readonly only: ReadonlyMap<string, AgentKey>
  /** Tasks that this machine was asked to run, by owner of the offer: anybody may name a task that is another's. */
  readonly asked: ReadonlyMap<string, Asked>
  /** Tasks that this machine has claimed and not been granted yet. */
  readonly claimed: ReadonlyMap<ActionHash, Claimed>
  readonly held: ReadonlyMap<ActionHash, Held>
  /** Tasks that this machine may claim while their posters are away. */
  readonly standbys: ReadonlyMap<ActionHash, Standby>
  /** The time bucket from which on tasks that allow fallback are listed next; null before the first listing. */
  readonly standbyBucket: number | null
  /** Length of the own chain in each epoch, as far as it holds events. */
  readonly heads: ReadonlyMap<DnaHash, number>
  /** Actions that the open own tasks of each epoch may still need. */
  readonly reserved: ReadonlyMap<DnaHash, number>
  /** Latest attempt that was settled here, by task; the older half is forgotten when the younger one is full. */
  readonly settled: {
    readonly young: ReadonlyMap<ActionHash, number>
    readonly old: ReadonlyMap<ActionHash, number>
  }
  readonly peers: ReadonlyMap<AgentKey, Peer>
  /** What this machine as a worker keeps of posters; bounded, longest unheard first. */
  readonly posters: ReadonlyMap<AgentKey, PosterNote>
  /** How busy peers are spared; only peers that are known. */
  readonly resting: ReadonlyMap<AgentKey, Rest>
  /** Where each poster's list was read up to since it came, whether there is more, and which ask that answered. */
  readonly asking: ReadonlyMap<
    AgentKey,
    { readonly cursor: number; readonly more: boolean; readonly asks: number }
  >
  /** What is being done or was done, by what it is about and then by verb. */
  readonly pace: ReadonlyMap<string, ReadonlyMap<string, Pace>>
}

/** What a daemon knows before anything happened. */
export function emptyState(self: AgentKey, config: MeshConfig): MeshState {
  const none = PersistentMap.of<never, never>([])
  return {
    self,
    config,
    draining: false,
    paused: false,
    tasks: none,
    open: none,
    keys: none,
    only: none,
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
    resting: none,
    asking: none,
    pace: none,
  }
}

/** Whether this machine holds a task, as far as that is more than somebody's word. */
export function holdsTask(state: MeshState, task: ActionHash): boolean {
  return [...state.held.values()].some((held) => held.task === task && !held.ended && isProven(held))
}

/** A Close, or a Result, and its link: the actions that end a task or a grant. */
export const WITH_LINK = 2

/** Actions that an own task may still need of its poster: each further grant, and the Close. */
function stillNeeds(posted: Posted): number {
  if (posted.close) return 0
  const given = currentGrant(posted)?.entry.attempt ?? 0
  return Math.max(0, posted.task.entry.max_attempts - given) + WITH_LINK
}

/** The state with an own task as it is now. */
export function withPosted(state: MeshState, posted: Posted): MeshState {
  const { hash, entry } = posted.task
  const before = state.tasks.get(hash)
  const needs = stillNeeds(posted) - (before ? stillNeeds(before) : 0)
  const reserved = (state.reserved.get(entry.dna_hash) ?? 0) + needs
  return {
    ...state,
    tasks: withKey(state.tasks, hash, posted),
    open: posted.close ? withoutKey(state.open, hash) : withKey(state.open, hash, posted),
    reserved: withKey(state.reserved, entry.dna_hash, reserved),
  }
}

/** A version of a map with one value set; its cost grows with the logarithm of the map's size. */
export function withKey<K extends string | number, V>(
  map: ReadonlyMap<K, V>,
  key: K,
  value: V,
): ReadonlyMap<K, V> {
  return PersistentMap.of(map).with(key, value)
}

/** A version of a map without one key; the same map when the key is not there. */
export function withoutKey<K extends string | number, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  return map.has(key) ? PersistentMap.of(map).without(key) : map
}
