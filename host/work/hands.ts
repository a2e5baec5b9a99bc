import type { Artifacts } from '../artifacts/port.ts'
import type { Dht } from '../dht/port.ts'
import type { Engine } from '../engine/port.ts'
import type { MeshCore } from '../mesh/core.ts'
import type { Happening } from '../mesh/events.ts'
import type { MeshState } from '../mesh/state.ts'
import type { PeerQuota } from '../net/peer-quota.ts'
import type { Messages } from '../net/port.ts'
import type { Rules } from '../rules/rules.ts'
import type { HistoryEvent, HistoryFact } from '../telemetry/history.ts'
import type { AlarmClock, Random } from '../types/clock.ts'
import type { Gate } from '../types/decision.ts'
import type { AgentKey } from '../types/events.ts'
import type { Message } from '../types/message.ts'
import type { Peer } from '../types/peer.ts'
import type { AnswerTexts } from './answer-texts.ts'
import type { PassFailpoint } from './failpoints.ts'
import type { FallbackLists } from './fallback-lists.ts'
import type { Handed } from './handed.ts'
import type { HeadStarts } from './head-start.ts'
import type { Journal } from './port.ts'
import type { OpenBox } from './published.ts'
import type { RefusedTasks } from './refused-tasks.ts'
import type { WorkEvent } from './watchers.ts'
import type { WriteQueue } from './writes.ts'

/** The part of the rules by which events are judged that peers hand over. */
export type EventRules = Pick<Rules, 'checkEntry' | 'hashAction' | 'readEvent'>

/** What the work loop needs of the daemon. */
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
  /** Opens what peers have sealed for this machine. */
  readonly openBox: OpenBox
  /** Every machine that is known, this one included. */
  peers(): readonly Peer[]
  /** Calls back when that list has changed; the returned function ends that. */
  onPeers(changed: () => void): () => void
  /** Takes a line of history. */
  record(event: HistoryEvent): void
  /**
   * A signal that is aborted, with `RIPPLE_CONDUCTOR_DOWN` as its reason, when the conductor of now goes; while there is none
   * it is aborted already. Left out where no conductor can go.
   */
  lost?(): AbortSignal
  /** Whether it begins held, as `Work.hold` has it. */
  readonly held?: boolean
  /** For tests: called at the named places of a task's life. */
  readonly failpoint?: PassFailpoint
}

/** Bounds of what the loop does, in milliseconds. */
export interface WorkBounds {
  readonly message_send_ms: number
  readonly artifact_fetch_ms: number
  /** How often at most generated text is passed on. */
  readonly tokens_every_ms: number
  /** How often it counts as a sign of life. */
  readonly tokens_told_ms: number
  /** How long an orderly stop may take. */
  readonly stop_ms: number
}

/** What an effect works with: the parts, the state as it is now, and the way back into it. */
export interface Hands {
  readonly core: MeshCore
  readonly needs: WorkNeeds
  readonly bounds: WorkBounds
  readonly writes: WriteQueue
  /** Aborted when the loop ends. */
  readonly signal: AbortSignal
  /** What is remembered of the lists of tasks that allow fallback. */
  readonly lists: FallbackLists
  /** Events that came by message. */
  readonly handed: Handed
  /** Events that are being given to peers. */
  readonly giving: PeerQuota
  /** Payloads that are being given to grantees. */
  readonly givingPayloads: PeerQuota
  /** Answers to peers that ask about tasks. */
  readonly answering: PeerQuota
  /** Own tasks' answers as far as they have come. */
  readonly texts: AnswerTexts
  /** Tasks that this machine's policy has refused to run. */
  readonly refusedTasks: RefusedTasks
  /** A run that began before its Grant. */
  readonly headStarts: HeadStarts
  /** Runs that are going on, by grant. */
  readonly runs: Map<string, AbortController>
  state(): MeshState
  dispatch(happening: Happening): void
  /** Sends what may be lost: an unreachable peer is no error here. */
  send(to: AgentKey, message: Message): Promise<void>
  record(fact: HistoryFact): void
  /** Passes a named place, at which a test may end the daemon. */
  readonly failpoint: PassFailpoint
  /** Tells those who follow an own task of a piece of its answer. */
  told(piece: WorkEvent & { readonly type: 'text' }): void
}
