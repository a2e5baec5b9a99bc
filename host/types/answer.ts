import type { DataClass } from './data-class.ts'
import type { ActionHash, AgentKey } from './events.ts'
import type { InferencePayload } from './inference.ts'
import type { TaskType } from './task-type.ts'

/** What somebody asks of a model by its name. */
export interface Ask extends Omit<InferencePayload, 'parameters' | 'seed'> {
  /** A model's own name or the sha256 of its file, `ripple/auto`, `ripple/moe`, or `peer:<agent>/<model>`. */
  readonly model: string
  /** The idempotency key of the task, 16 to 64 bytes; null lets the daemon make one. */
  readonly key: string | null
  /** An upper bound of tokens to generate; null: as many as there is room for (`payloadOf`). */
  readonly max_tokens: number | null
  readonly temperature_milli: number
  readonly top_p_milli: number
  readonly top_k: number
  /** With a seed the run has an engine to itself and can be replayed; null: any, and it shares the engine. */
  readonly seed: number | null
  /** Follows the request through every member, decision and log line; null lets the daemon make one. */
  readonly trace_id: string | null
  /** Names of the tools whose calls must fit their schemas whole. They are checked here, and are no part of what a model gets. */
  readonly strict_tools?: readonly string[]
  /** What kind of task it is, as far as whoever asks says so: score cards and votes go by it. It is no part of what a model gets. */
  readonly task_type?: TaskType
  /** Who may see it; left out: `defaultDataClass`. What is `secret` is asked of this machine alone. */
  readonly data_class?: DataClass
}

/** How an answer came to be: on this machine, on a peer, from the prompt cache, from a provider, from several members. */
export const routes = ['local', 'mesh', 'cache', 'upstream', 'ensemble'] as const

/** One of them. */
export type Route = (typeof routes)[number]

/** A piece of an answer as it is generated, or the place where another peer went on with it. */
export type AnswerPiece =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'seam'; readonly from: AgentKey; readonly to: AgentKey }

/** How an answer ended. */
export interface AnswerEnd {
  readonly text: string
  /**
   * `length` where it was cut at the most tokens that it might have. A Result counts tokens and does not say what ended them: of a task
   * that asked for stop words, an answer that one of them ended with the very last of these tokens is `length` too, where the same run
   * without a task is `stop`. Its text, which ends before the word, does not tell the two apart.
   */
  readonly finish: 'stop' | 'length'
  /** Null where a provider counted nothing. */
  readonly usage: { readonly tokens_in: number; readonly tokens_out: number } | null
  /** The model that answered, by name. */
  readonly model: string
  /** sha256 of its file; null for a provider's. */
  readonly model_digest: string | null
  readonly route: Route
  /** Who computed it; null where no peer did. */
  readonly peer: AgentKey | null
  /** Hash of its Task; null where none was posted. */
  readonly task: ActionHash | null
  /** Path of its receipt, once that is written; null where there is none. */
  readonly receipt: string | null
  /** Paths of the receipts of all tasks behind it, where there are several. */
  readonly receipts?: readonly string[]
  /** Why this way was taken, in words for people. */
  readonly why: string
}

/** Paths of the receipts of all tasks behind an answer. */
export function receiptsOf({ receipt, receipts }: Pick<AnswerEnd, 'receipt' | 'receipts'>): string[] {
  return [...(receipts ?? (receipt === null ? [] : [receipt]))]
}

/** An answer that has been begun. */
export interface Answer {
  /** The task's key, or the request's name where no task is posted: what `x-ripple-task` says. */
  readonly id: string
  readonly trace_id: string
  /** When it was asked for, in milliseconds since 1970. */
  readonly created_at: number
  /**
   * Each piece in order; it ends with the answer, and rejects as `end` does. It may be read by one reader. Calls of tools come with
   * `end` alone. Who wants the whole answer leaves the pieces: of what was read nothing can be taken back where a worker's answer
   * turns out to be wrong, or is lost and begins anew.
   */
  readonly pieces: AsyncIterable<AnswerPiece>
  /** Resolves when the answer is whole, checked and (where there is a task) accepted. */
  readonly end: Promise<AnswerEnd>
}

/** A model of the mesh, by who has it. */
export interface MeshModel {
  readonly name: string
  /** sha256 of its file; null for `ripple/...` and a provider's. */
  readonly digest: string | null
  readonly context_tokens: number | null
  readonly owned_by: 'ripple' | 'mesh' | 'upstream'
  /** Agents that have the file, and whether it is loaded there. */
  readonly at: readonly { readonly agent: AgentKey; readonly name: string; readonly loaded: boolean }[]
}

/** The one plane through which models are asked. */
export interface Inference {
  /** Every name that may be asked. */
  models(): readonly MeshModel[]
  /**
   * Begins an answer. The signal ends it, and the run with it. Rejects, before anything was generated, with
   * `RIPPLE_MODEL_NOT_FOUND`, `RIPPLE_MODEL_NOT_CHAT`, `RIPPLE_CONTEXT_TOO_LONG`, `RIPPLE_BUSY` (with `retry_after_s`),
   * `RIPPLE_POLICY_REFUSED`, and as `Tasks.post` does.
   */
  ask(ask: Ask, signal: AbortSignal): Promise<Answer>
}

/** Whether somebody named the ensemble or a score card says that it wins, and why in words for people. */
export interface Chosen {
  readonly by: 'name' | 'card'
  readonly why: string
}

/** Places for asks that belong together; given back when disposed of. */
export interface Places extends Pick<Inference, 'ask'>, Disposable {}

/** The plane as those see it who ask several models at once. */
export interface SharedInference extends Inference {
  /**
   * Takes places for so many asks, all or none, once they are free: each is begun by `Places.ask` without waiting for another one.
   * Rejects with `RIPPLE_BUSY` (with `retry_after_s`) where too many asks wait, and with the signal's reason.
   */
  places(count: number, signal: AbortSignal): Promise<Places>
}
