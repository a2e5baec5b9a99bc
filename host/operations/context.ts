import type { z } from 'zod'
import type { Deadlines } from '../../zomes-bindings/generated/Deadlines.ts'
import type { Placement } from '../../zomes-bindings/generated/Placement.ts'
import type { Priority } from '../../zomes-bindings/generated/Priority.ts'
import type { Requirements } from '../../zomes-bindings/generated/Requirements.ts'
import type { Artifacts } from '../artifacts/port.ts'
import type { Ensemble } from '../ensemble/ensemble.ts'
import type { Inference } from '../types/answer.ts'
import type { AgentKey, Cid } from '../types/events.ts'
import type { Peer } from '../types/peer.ts'
import type { Upstreams } from '../upstream/port.ts'
import type { Policies } from './policy-views.ts'
import type { epochView, fitView, modelView, planView, statusView, taskView, whyView } from './views.ts'

/** A task as people see it. */
export type TaskView = z.output<typeof taskView>
/** An attempt of a task. */
export type AttemptView = TaskView['attempts'][number]
/** Why a task ended without an accepted result. */
export type TaskEnd = NonNullable<TaskView['ended']>
/** Why a task stands where it stands. */
export type WhyView = z.output<typeof whyView>
/** Where a task would go. */
export type PlanView = z.output<typeof planView>
/** A model of the model list. */
export type ModelView = z.output<typeof modelView>
/** Whether a model will run here. */
export type FitView = z.output<typeof fitView>
/** An epoch of the network. */
export type EpochView = z.output<typeof epochView>
/** How full an own chain is. */
export type RoomView = NonNullable<EpochView['room']>
/** What `status` says. */
export type StatusView = z.output<typeof statusView>

/** What a poster asks of the machine that runs its task. */
export interface Wish {
  /** The model's name; null: the configured one. */
  readonly model: string | null
  readonly requirements: Requirements
  readonly placement: Placement
}

/** What a poster asks for. */
export interface PostRequest extends Wish {
  /** The idempotency key, 16 to 64 bytes. */
  readonly key: string
  readonly prompt: string
  readonly max_tokens: number
  readonly temperature_milli: number
  readonly seed: number
  readonly deadlines_ms: Deadlines
  /**
   * How long a worker may be silent, in milliseconds; one that runs the task, `limits.silence_ms` at most, but for the last
   * attempt.
   */
  readonly lease_ms: number
  readonly max_attempts: number
  readonly public: boolean
  /** Hashes of own tasks that must be accepted first. */
  readonly after: readonly string[]
  readonly priority: Priority
  /** Who may go on without this machine, and after how many milliseconds; null for nobody. */
  readonly fallback: FallbackWish | null
  /** Whether it is posted although no known machine, or one that is named to go on with it, can ever run it. */
  readonly force: boolean
}

/** Who may go on with a task while this machine is away. */
export interface FallbackWish {
  readonly after_ms: number
  /** Names or agent keys of machines; empty for any of a public task, and for all that are known of a private one. */
  readonly to: readonly string[]
}

/** The tasks that this daemon posted. */
export interface Tasks {
  /**
   * Posts a task and answers when it is on the chain; the same key with the same work gives the same task.
   * Rejects with `RIPPLE_TASK_CONFLICT`, `RIPPLE_MODEL_UNKNOWN`, `RIPPLE_MODEL_MISSING`, `RIPPLE_TASK_UNKNOWN`,
   * `RIPPLE_TASK_NEVER_READY`, `RIPPLE_TASK_TOO_LONG`, `RIPPLE_FALLBACK_INVALID`, `RIPPLE_PEER_UNKNOWN`, `RIPPLE_BUSY`,
   * `RIPPLE_CHAIN_FULL`, unless forced with `RIPPLE_TASK_INFEASIBLE` and `RIPPLE_FALLBACK_INFEASIBLE`, with why nothing may
   * be written (`RIPPLE_CHAIN_BEHIND`, `RIPPLE_KEY_IN_USE`, `RIPPLE_DISK_FULL`), with `RIPPLE_CONDUCTOR_DOWN`, and with what
   * the DHT says.
   */
  post(request: PostRequest, signal: AbortSignal): Promise<TaskView>
  /** Hash of the task that has exactly this key or hash, also of an epoch that was left; null where there is none. */
  find(id: string): Promise<string | null>
  /** All that this daemon posted in the epochs that are open, newest first, without their answers. */
  list(): readonly TaskView[]
  /** The newest of epochs that were left, newest first and no more than `most`, without their answers. */
  past(most: number): Promise<readonly TaskView[]>
  /** Reads the beginning of an own task's prompt; null where only its receipt has it. */
  prompt(task: string): Promise<string | null>
  /** Hashes of tasks of epochs that were left whose key or hash begins so: two at most. */
  pastBeginning(prefix: string): Promise<readonly string[]>
  /** One task by its hash or key, also of an epoch that was left, with its answer. Rejects with `RIPPLE_TASK_UNKNOWN`. */
  show(task: string, signal: AbortSignal): Promise<TaskView>
  /** Why it stands where it stands; what was decided about it is the policies' to tell. Rejects with `RIPPLE_TASK_UNKNOWN`. */
  why(task: string): Promise<Omit<WhyView, 'decisions'>>
  /** Where a task would go, were it posted now. Throws `RIPPLE_MODEL_UNKNOWN` and `RIPPLE_MODEL_MISSING`. */
  plan(wish: Wish): PlanView
  /** Resolves when the task is closed: as cancelled, or as what it had become before. */
  cancel(task: string, signal: AbortSignal): Promise<TaskView>
}

/** The models of this machine and of the model list. */
export interface Models {
  list(signal: AbortSignal): Promise<ModelView[]>
  /**
   * Fetches and checks one: from peers, then from its sources. A sha256 or a CID names any file that a peer gives out. Rejects
   * with `RIPPLE_MODEL_UNKNOWN`, `..._UNREACHABLE`, `..._CHECKSUM`, `..._NO_PEER`, `..._CORRUPT`, and with `RIPPLE_DISK_SHORT`
   * before the first byte.
   */
  pull(name: string, signal: AbortSignal): Promise<ModelView>
  /** Throws a model's file away. Rejects with `RIPPLE_MODEL_MISSING`, `..._UNKNOWN`, and unless forced with `..._IN_USE`. */
  remove(name: string, force: boolean, signal: AbortSignal): Promise<{ path: string; bytes: number }>
  /** Loads one ahead of its first run. Rejects with `RIPPLE_MODEL_MISSING`, `..._UNKNOWN`, and as the engine does. */
  load(name: string, signal: AbortSignal): Promise<ModelView>
  /** Gives its memory back once its runs have ended; whether it was loaded. Rejects with `RIPPLE_MODEL_MISSING`, `..._UNKNOWN`. */
  unload(name: string, signal: AbortSignal): Promise<boolean>
  /** Whether it would run here with so large a context. Rejects with `RIPPLE_MODEL_UNKNOWN`, `..._UNREACHABLE`. */
  fit(name: string, context_tokens: number, signal: AbortSignal): Promise<FitView>
}

/** A task's way through its states, and pieces of its answer, as they happen. */
export interface TaskEvent {
  /** Counts up from 1 while the daemon lives. */
  readonly id: number
  readonly at: number
  /** The task's key. */
  readonly key: string
  readonly kind: 'state' | 'tokens' | 'note'
  /** The state's name, the piece of text, or what happened. */
  readonly text: string
  /** Who did it, where that is known. */
  readonly peer: AgentKey | null
}

/** The stream of task events. */
export interface TaskEvents {
  /** Calls back with each kept event above `after`, then with each new one; the returned function ends that. */
  follow(after: number, onEvent: (event: TaskEvent) => void): () => void
}

/** The epochs of the network, as far as this machine has them. */
export interface Epochs {
  /** Oldest first. */
  list(): Promise<EpochView[]>
  /** Writes the archive of an epoch and resolves to its path. Rejects with `RIPPLE_EPOCH_UNKNOWN`. */
  export(epoch: number, signal: AbortSignal): Promise<string>
}

/** What lets pages in, in place of the API's token: that one is for ever, and stays out of browsers. */
export interface PageKeys {
  /** Makes a code that is good for one key, for `limits.page_code_ms`. */
  code(): string
  /** Makes a key of a code, which is used up by it. Throws `RIPPLE_PAGE_CODE`. */
  redeem(code: string): string
  /** Whether a key lets in: until the daemon ends, or so many newer ones are in use. */
  accepts(key: string): boolean
}

/** What the operations of a running daemon use. */
export interface Context {
  readonly agent: AgentKey
  readonly tasks: Tasks
  readonly models: Models
  /** Every question to a model goes through it. */
  readonly inference: Inference
  /** Several models as one. */
  readonly ensemble: Ensemble
  readonly artifacts: Artifacts
  readonly events: TaskEvents
  readonly epochs: Epochs
  readonly upstreams: Pick<Upstreams, 'list' | 'budget'>
  readonly pageKeys: PageKeys
  readonly policies: Policies
  /** Peers by card, self included. */
  peers(signal: AbortSignal): Promise<Peer[]>
  status(signal: AbortSignal): Promise<StatusView>
  /** Sends progress under a key to all clients that follow the events. */
  tell(key: string, text: string): void
  /** Peers that may hold a content. */
  holders(cid: Cid, signal: AbortSignal): Promise<AgentKey[]>
  /** Looks for siblings, forks and later events of a receipt's task; each finding is a sentence. */
  siblings(receipt: Uint8Array, signal: AbortSignal): Promise<string[]>
  /** Takes no new work from now on and tells the peers; `false` ends that. */
  drain(on: boolean): void
  /** Grants that are still to be run or handed over. */
  inHand(): number
  /** Resolves when nothing is left to run or to hand over; what a poster does not fetch in time is kept for it. */
  handsFree(signal: AbortSignal): Promise<void>
  /** Begins an orderly stop. */
  stop(): void
}
