/** Defines the parts that effects work with. */
import type { Artifacts } from '../../artifacts/port.ts'
import type { Dht } from '../../dht/port.ts'
import type { Engine } from '../../engine/port.ts'
import type { MeshCore } from '../../mesh/core.ts'
import type { MeshInput } from '../../mesh/state/input.ts'
import type { MeshState } from '../../mesh/state/state.ts'
import type { PeerQuota } from '../../net/peer-quota.ts'
import type { Messages } from '../../net/port.ts'
import type { Rules } from '../../rules/rules.ts'
import type { HistoryEvent, HistoryRecord } from '../../telemetry/history.ts'
import type { AlarmClock, Random } from '../../types/clock.ts'
import type { Gate } from '../../types/decision.ts'
import type { AgentKey } from '../../types/events.ts'
import type { Message } from '../../types/message.ts'
import type { Peer } from '../../types/peer.ts'
import type { Journal } from '../journal/port.ts'
import type { AnswerTexts } from './answer-texts.ts'
import type { PassFailpoint } from './failpoints.ts'
import type { FallbackLists } from './fallback-lists.ts'
import type { HeadStarts } from './head-start.ts'
import type { PeerEventCache } from './peer-event-cache.ts'
import type { OpenBox } from './published.ts'
import type { RefusedTasks } from './refused-tasks.ts'
import type { WorkEvent } from './watchers.ts'
import type { WriteQueue } from './writes.ts'

/** The part of the rules that judges events from peers. */
export type EventRules = Pick<Rules, 'checkEntry' | 'hashAction' | 'readEvent'>

/** The parts of the daemon that the work loop needs. */
export interface WorkNeeds {
  readonly dht: Dht
  readonly messages: Messages
  readonly engine: Engine
  readonly artifacts: Artifacts
  readonly journal: Journal
  readonly clock: AlarmClock
  readonly random: Random
  readonly rules: EventRules
  /** Asks the policies. */
  readonly gate: Gate
  /** Opens data that peers have sealed for this machine. */
  readonly openBox: OpenBox
  /** Returns every known machine, including this one. */
  peers(): readonly Peer[]
  /** Calls back when that list has changed; the returned function ends that. */
  onPeers(changed: () => void): () => void
  /** Whether this machine works for an agent; left out where it works for everybody. */
  accepts?(agent: AgentKey): boolean
  /** Takes a line of history. */
  record(event: HistoryEvent): void
  /**
   * Returns a signal that is aborted when the current conductor stops, with `RIPPLE_CONDUCTOR_DOWN` as its reason.
   * Without a conductor it is aborted already. Left out where no conductor can stop.
   */
  lost?(): AbortSignal
  /** Whether the loop begins on hold, as by `Work.hold`. */
  readonly held?: boolean
  /** For tests: called at the named places of a task's life. */
  readonly failpoint?: PassFailpoint
}

/** Bounds of what the loop does, in milliseconds. */
export interface WorkBounds {
  readonly message_send_ms: number
  readonly artifact_fetch_ms: number
  /** Shortest time between two pieces of generated text that are sent. */
  readonly tokens_every_ms: number
  /** Shortest time between two signs of life by generated text. */
  readonly tokens_told_ms: number
  /** Longest time of an orderly stop. */
  readonly stop_ms: number
}

/** The tools of every effect: the parts, the current state, and the way back into it. */
export interface WorkContext {
  readonly needs: WorkNeeds
  readonly bounds: WorkBounds
  readonly writes: WriteQueue
  /** Aborted when the loop ends. */
  readonly signal: AbortSignal
  state(): MeshState
  dispatch(input: MeshInput): void
  /** Sends a message that may be lost: an unreachable peer is no error here. */
  send(to: AgentKey, message: Message): Promise<void>
  record(fact: HistoryRecord): void
  /** Passes a named place, at which a test may end the daemon. */
  readonly failpoint: PassFailpoint
  /** Tasks that this machine's policy has refused to run. */
  readonly refusedTasks: RefusedTasks
}

/** The tools of a poster's effects. */
export interface PosterContext extends WorkContext {
  /** Partial answers of own tasks. */
  readonly texts: AnswerTexts
  /** Payloads that are being sent to grantees. */
  readonly sendingPayloads: PeerQuota
  /** Notifies the followers of an own task of a piece of its answer. */
  notify(piece: WorkEvent & { readonly type: 'text' }): void
}

/** The tools for events that peers ask for and send. */
export interface PeerContext extends WorkContext {
  /** Events that came by message. */
  readonly peerEvents: PeerEventCache
  /** Events that are being given to peers. */
  readonly serving: PeerQuota
}

/** The tools of a worker's effects. */
export interface WorkerContext extends PeerContext {
  /** A run that began before its Grant. */
  readonly headStarts: HeadStarts
  /** Runs that are going on, by grant. */
  readonly runs: Map<string, AbortController>
}

/** The tools of a poster that begins its own task itself. */
export type EarlyContext = PosterContext & WorkerContext

/** The tools of a stand-in's effects. */
export interface StandInContext extends WorkContext {
  /** Memory of the lists of tasks that allow fallback. */
  readonly lists: FallbackLists
}

/** The tools of the loop: those of every role. */
export interface LoopContext extends PosterContext, WorkerContext, StandInContext {
  readonly core: MeshCore
  /** Answers to peers that ask about tasks. */
  readonly answering: PeerQuota
}
