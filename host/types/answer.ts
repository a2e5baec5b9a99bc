/** Defines the port by which models are asked, with the question and the answer. */
import type { DataClass } from './data-class.ts'
import type { ActionHash, AgentKey } from './events.ts'
import type { InferencePayload } from './inference.ts'
import type { Principal } from './principal.ts'
import type { TaskType } from './task-type.ts'

/** A question to a model by its name. */
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
  /** Names of the tools whose calls must fit their schemas whole. They are checked here and do not go to the model. */
  readonly strict_tools?: readonly string[]
  /** The kind of task, if the client names one. Score cards and votes go by it; it does not go to the model. */
  readonly task_type?: TaskType
  /** The class of the request; left out: `defaultDataClass`. A `secret` request stays on this machine. */
  readonly data_class?: DataClass
  /** The only machine that may answer, by its agent key or its name; left out: any. */
  readonly target?: string
  /** Machines that may not answer, by their agent keys or their names; left out: none. */
  readonly exclude?: readonly string[]
  /** The caller, for the policies and the use of keys; left out if this machine itself does. */
  readonly principal?: Principal | undefined
}

/** The ways to an answer: this machine, a peer, the prompt cache, a provider, or several members. */
export const routes = ['local', 'mesh', 'cache', 'upstream', 'ensemble'] as const

/** One of these ways. */
export type Route = (typeof routes)[number]

/** A piece of an answer as it is generated, or the place where another peer took it over. */
export type AnswerPiece =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'seam'; readonly from: AgentKey; readonly to: AgentKey }

/** The whole answer and its origin. */
export interface AnswerEnd {
  readonly text: string
  /**
   * `length` if the answer was cut at its token limit. A Result counts tokens and does not name the reason for the end. If a stop
   * word ends a task's answer with the very last allowed token, this is `length`. The same run without a task is `stop`. The text
   * ends before the word, so it does not show the difference.
   */
  readonly finish: 'stop' | 'length'
  /** Null if a provider counted nothing. */
  readonly usage: { readonly tokens_in: number; readonly tokens_out: number } | null
  /** The model that answered, by name. */
  readonly model: string
  /** sha256 of its file; null for a provider's. */
  readonly model_digest: string | null
  readonly route: Route
  /** The peer that computed it; null without one. */
  readonly peer: AgentKey | null
  /** Hash of its Task; null if none was posted. */
  readonly task: ActionHash | null
  /** Path of its receipt, once that is written; null without one. */
  readonly receipt: string | null
  /** Paths of the receipts of all tasks behind it, if there are several. */
  readonly receipts?: readonly string[]
  /** The reason for this route, in words for people. */
  readonly why: string
}

/** Returns the paths of the receipts of all tasks behind an answer. */
export function receiptsOf({ receipt, receipts }: Pick<AnswerEnd, 'receipt' | 'receipts'>): string[] {
  return [...(receipts ?? (receipt === null ? [] : [receipt]))]
}

/** An answer that has begun. */
export interface Answer {
  /** The value of `x-ripple-task`: the task's key, or the request's name if no task is posted. */
  readonly id: string
  readonly trace_id: string
  /** The time of the request, in milliseconds since 1970. */
  readonly created_at: number
  /**
   * Each piece in order. It ends with the answer, rejects as `end` does, and takes one reader. Tool calls come with `end` alone.
   * A client that wants the whole answer leaves the pieces unread. Text that was read cannot be taken back if a worker's answer
   * turns out to be wrong, or is lost and begins again.
   */
  readonly pieces: AsyncIterable<AnswerPiece>
  /** Resolves when the answer is whole, checked and (if there is a task) accepted. */
  readonly end: Promise<AnswerEnd>
}

/** The number of tokens of a prompt: that of the model's own tokenizer, or an estimate. */
export interface TokenCount {
  readonly tokens: number
  readonly exact: boolean
}

/** A model of the mesh, with the machines that have it. */
export interface MeshModel {
  readonly name: string
  /** sha256 of its file; null for `ripple/...` and a provider's. */
  readonly digest: string | null
  readonly context_tokens: number | null
  readonly owned_by: 'ripple' | 'mesh' | 'upstream'
  /** Agents that have the file, and whether it is loaded there. */
  readonly at: readonly { readonly agent: AgentKey; readonly name: string; readonly loaded: boolean }[]
}

/** The port through which every question reaches a model. */
export interface Inference {
  /** Returns every model name that may be asked. */
  models(): readonly MeshModel[]
  /**
   * Begins an answer. The signal ends it, and the run with it. Rejects, before anything was generated, with
   * `RIPPLE_MODEL_NOT_FOUND`, `RIPPLE_MODEL_NOT_CHAT`, `RIPPLE_CONTEXT_TOO_LONG`, `RIPPLE_BUSY` (with `retry_after_s`),
   * `RIPPLE_POLICY_REFUSED`, and as `Tasks.post` does.
   */
  ask(ask: Ask, signal: AbortSignal): Promise<Answer>
}

/** The reason for asking the ensemble: a client named it, or a score card says that it wins. `why` is for people. */
export interface Chosen {
  readonly by: 'name' | 'card'
  readonly why: string
}

/** Places for asks that belong together; disposing of them releases the places. */
export interface Places extends Pick<Inference, 'ask'>, Disposable {}

/** The port for callers that ask several models at once. */
export interface SharedInference extends Inference {
  /**
   * Takes `count` places, all or none, once they are free. Then `Places.ask` begins each ask without a wait.
   * Rejects with `RIPPLE_BUSY` (with `retry_after_s`) if too many asks wait, and with the signal's reason.
   */
  places(count: number, signal: AbortSignal): Promise<Places>
}
