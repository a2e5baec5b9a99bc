import type { UpstreamConfig } from '../config/upstream.ts'
import type { Ask } from '../types/answer.ts'
import type { DataClass } from '../types/data-class.ts'
import type { ToolCall } from '../types/inference.ts'

/** What a provider is asked: a chat or text, the form of the answer and how to sample. */
export interface UpstreamRequest
  extends Pick<
    Ask,
    'input' | 'format' | 'stop' | 'penalties' | 'temperature_milli' | 'top_p_milli' | 'top_k' | 'seed'
  > {
  /** The model by the provider's own name. */
  readonly model: string
  readonly max_tokens: number
  /** The request's name, which joins the provider's records to ours; null where a person chose it, for it may say something. */
  readonly trace_id: string | null
}

/** What a provider answered. It is untrusted: bounded and well-formed text, and no more than that. */
export interface UpstreamAnswer {
  readonly text: string
  readonly finish: 'stop' | 'length'
  /** Functions that the model asks its caller to call. */
  readonly tool_calls: readonly ToolCall[]
  /** Bytes that a model wrote beside its text: what it thought aloud, and the calls. */
  readonly bytes_beside: number
  /** What the provider counted; null where it counts nothing. */
  readonly usage: { readonly tokens_in: number; readonly tokens_out: number } | null
}

/** A provider of models: `openai.ts` over HTTP, `command.ts` as a program. */
export interface Upstream {
  readonly name: string
  readonly kind: 'openai' | 'command'
  readonly models: readonly string[]
  /**
   * Asks one. `onText` gets each piece of text, in order; together they are the answer's. Rejects with
   * `RIPPLE_UPSTREAM_NO_KEY`, `..._KEY`, `..._MODEL`, `..._BUSY` (with `retry_after_s`), `..._UNABLE`, `..._FAILED`, with
   * `RIPPLE_TIMEOUT`, and with the signal's reason; nothing of the request goes on then. `..._FAILED` has the fact
   * `ran: false` where no connection came about, or the request was at fault.
   */
  ask(request: UpstreamRequest, onText: (text: string) => void, signal: AbortSignal): Promise<UpstreamAnswer>
}

/** A model of a provider. */
export interface UpstreamModel {
  /** `upstream:<provider>/<model>`. */
  readonly name: string
  readonly provider: string
  readonly model: string
  readonly kind: Upstream['kind']
  /** `off`: this network lets nothing out; `no_key`: its secret is not set. */
  readonly state: 'ready' | 'no_key' | 'off'
  /** What it may be given: what the owner both trusts it with and allows. */
  readonly data_classes: readonly DataClass[]
  readonly weight: number
  readonly priority: number
}

/** What is left of the day's budget for all providers together. */
export interface BudgetLeft {
  /** The day, in UTC: `2026-11-23`. */
  readonly day: string
  readonly tokens_left: number
  readonly requests_left: number
  readonly limits: UpstreamConfig['budget']
}

/** What became of a request to a provider, as the audit keeps it: counts and codes, never a text. */
export interface EgressLine {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly trace_id: string
  readonly provider: string
  readonly model: string
  readonly data_class: DataClass
  /** `Decision.id` of the policy's answer. */
  readonly decision: string
  /** `kept`: nothing left, for the provider's answer to the same was kept here. */
  readonly outcome: 'answered' | 'refused' | 'failed' | 'kept'
  /** Why not; null for an answer. */
  readonly code: string | null
  /** What was masked, and what was found and not, by kind and how often. */
  readonly masked: Readonly<Record<string, number>>
  readonly found: Readonly<Record<string, number>>
  /** Bytes of text that left, and that came back. */
  readonly bytes_out: number
  readonly bytes_in: number
  /** Tokens that the day's budget was charged with. */
  readonly tokens: number
}

/** The providers that are configured, behind filter, policy and budget. */
export interface Upstreams {
  /** Names of all models, `upstream:<provider>/<model>`, whatever their state. */
  names(): readonly string[]
  /** The models with their state, the lowest `priority` first. */
  list(): Promise<readonly UpstreamModel[]>
  budget(): BudgetLeft
  /**
   * Asks a model: what may not leave is masked or refused, then the policy is asked, then the budget is charged, then the
   * provider is asked. `model` is `<provider>/<model>`, with or without `upstream:` before it. Rejects as `Upstream.ask` does,
   * and with `RIPPLE_UPSTREAM_UNKNOWN`, `..._OFF`, `..._FILTERED`, `..._BUDGET`, `RIPPLE_POLICY_REFUSED`, `RIPPLE_BUSY`,
   * `RIPPLE_SECRET_UNREADABLE`, and `RIPPLE_DISK_FULL` where the budget cannot be noted.
   */
  ask(
    model: string,
    ask: Ask,
    dataClass: DataClass,
    onText: (text: string) => void,
    signal: AbortSignal,
  ): Promise<UpstreamAnswer>
  /**
   * Asks the policy about an answer of a model that is kept here, as about the request that it saves: nothing leaves and nothing
   * is charged. Rejects with `RIPPLE_UPSTREAM_UNKNOWN`, `..._OFF`, `..._FILTERED`, `RIPPLE_POLICY_REFUSED` and
   * `RIPPLE_SECRET_UNREADABLE`.
   */
  repeat(model: string, ask: Ask, dataClass: DataClass): Promise<void>
}
