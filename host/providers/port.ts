/** Defines the port of providers, which serve models outside the mesh. */
import type { UpstreamConfig } from '../config/upstream.ts'
import type { Ask } from '../types/answer.ts'
import type { DataClass } from '../types/data-class.ts'
import type { ToolCall } from '../types/inference.ts'

/** A question to a provider: a chat or text, the answer's format and the sampling. */
export interface ProviderRequest
  extends Pick<
    Ask,
    'input' | 'format' | 'stop' | 'penalties' | 'temperature_milli' | 'top_p_milli' | 'top_k' | 'seed'
  > {
  /** The provider's own name of the model. */
  readonly model: string
  readonly max_tokens: number
  /** The request's id, which joins the provider's records to ours; null if a person chose it, because it may reveal something. */
  readonly trace_id: string | null
}

/** A provider's answer. It is untrusted: its text is bounded and well-formed, but nothing else is certain. */
export interface ProviderAnswer {
  readonly text: string
  readonly finish: 'stop' | 'length'
  /** Function calls that the model asks for. */
  readonly tool_calls: readonly ToolCall[]
  /** The bytes of the model's output that are not text: thoughts and calls. */
  readonly bytes_beside: number
  /** The provider's own count; null without one. */
  readonly usage: { readonly tokens_in: number; readonly tokens_out: number } | null
}

/** A provider of models: `openai.ts` over HTTP, `command.ts` as a program. */
export interface Provider {
  readonly name: string
  readonly kind: 'openai' | 'command'
  readonly models: readonly string[]
  /**
   * Asks a model. `onText` gets the pieces of the answer's text in order. Rejects with `RIPPLE_UPSTREAM_NO_KEY`, `..._KEY`,
   * `..._MODEL`, `..._BUSY` (with `retry_after_s`), `..._UNABLE`, `..._FAILED`, `RIPPLE_TIMEOUT`, and the signal's reason.
   * After a rejection nothing of the request continues. `..._FAILED` has the fact `ran: false` if no connection opened, or
   * the request was at fault.
   */
  ask(request: ProviderRequest, onText: (text: string) => void, signal: AbortSignal): Promise<ProviderAnswer>
}

/** A model of a provider. */
export interface ProviderModel {
  /** `upstream:<provider>/<model>`. */
  readonly name: string
  readonly provider: string
  readonly model: string
  readonly kind: Provider['kind']
  /** `off`: this network sends nothing out; `no_key`: its secret is not set. */
  readonly state: 'ready' | 'no_key' | 'off'
  /** The data classes for which the owner both trusts and allows it. */
  readonly data_classes: readonly DataClass[]
  readonly weight: number
  readonly priority: number
}

/** The rest of the day's budget, for all providers together. */
export interface BudgetLeft {
  /** The day, in UTC: `2026-11-23`. */
  readonly day: string
  readonly tokens_left: number
  readonly requests_left: number
  readonly limits: UpstreamConfig['budget']
}

/** The outcome of a request to a provider, as the audit stores it: counts and codes, never a text. */
export interface EgressLine {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly trace_id: string
  readonly provider: string
  readonly model: string
  readonly data_class: DataClass
  /** The `Decision.id` of the policy's answer. */
  readonly decision: string
  /** `kept`: nothing left, because the provider's earlier answer to the same question is stored here. */
  readonly outcome: 'answered' | 'refused' | 'failed' | 'kept'
  /** The code of the failure; null for an answer. */
  readonly code: string | null
  /** Counts of masked findings, and of findings that were not masked, by kind. */
  readonly masked: Readonly<Record<string, number>>
  readonly found: Readonly<Record<string, number>>
  /** The bytes of text that left, and that came back. */
  readonly bytes_out: number
  readonly bytes_in: number
  /** The tokens charged to the day's budget. */
  readonly tokens: number
}

/** The configured providers, behind filter, policy and budget. */
export interface Providers {
  /** Returns the names of all models, `upstream:<provider>/<model>`, whatever their state. */
  names(): readonly string[]
  /** Returns the models with their state, the lowest `priority` first. */
  list(): Promise<readonly ProviderModel[]>
  budget(): BudgetLeft
  /**
   * Asks a model after three checks: the filter masks or refuses, the policy decides, and the budget is charged. `model` is
   * `<provider>/<model>`, with or without the prefix `upstream:`. Rejects as `Provider.ask` does, and with
   * `RIPPLE_UPSTREAM_UNKNOWN`, `..._OFF`, `..._FILTERED`, `..._BUDGET`, `RIPPLE_POLICY_REFUSED`, `RIPPLE_BUSY`,
   * `RIPPLE_SECRET_UNREADABLE`. Rejects with `RIPPLE_DISK_FULL` if the budget cannot be recorded.
   */
  ask(
    model: string,
    ask: Ask,
    dataClass: DataClass,
    onText: (text: string) => void,
    signal: AbortSignal,
  ): Promise<ProviderAnswer>
  /**
   * Asks the policy about a model's answer that is stored here, as about the request that it saves. Nothing leaves and
   * nothing is charged. Rejects with `RIPPLE_UPSTREAM_UNKNOWN`, `..._OFF`, `..._FILTERED`, `RIPPLE_POLICY_REFUSED` and
   * `RIPPLE_SECRET_UNREADABLE`.
   */
  repeat(model: string, ask: Ask, dataClass: DataClass): Promise<void>
}
