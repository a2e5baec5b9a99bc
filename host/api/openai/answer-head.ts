/** Reads the headers of requests, and writes the parts that all answers have. */
import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import { limits } from '../../limits.ts'
import { dataClassField, keyField, traceField } from '../../operations/request-fields.ts'
import { type Answer, type AnswerEnd, type Ask, receiptsOf } from '../../types/answer.ts'
import { defaultDataClass } from '../../types/data-class.ts'
import { earlyHead } from '../../types/early-head.ts'
import { flawOf } from '../../types/text/describe-issue.ts'
import { fieldError } from './parse.ts'

/** A machine, by its agent key or its name. Headers are Latin-1; a name of other letters is percent-encoded. */
const machineField = z.string().trim().min(1).max(limits.machine_name_chars_max).transform(decoded)
const machinesField = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(machineField).max(limits.machines_excluded_max))

/** The parts of an ask that headers name. */
export type HeaderFields = Pick<Ask, 'key' | 'trace_id' | 'data_class' | 'target' | 'exclude'>

/** Reads the headers of a request: the idempotency key of its task, its trace, its data class, and its machines. */
export function keysOf(headers: IncomingHttpHeaders): HeaderFields {
  const target = headerOf(headers, 'x-ripple-target', machineField)
  const exclude = headerOf(headers, 'x-ripple-exclude', machinesField)
  return {
    key: headerOf(headers, 'x-ripple-key', keyField),
    trace_id: headerOf(headers, 'x-ripple-trace', traceField),
    data_class: headerOf(headers, 'x-ripple-data-class', dataClassField) ?? defaultDataClass,
    ...(target === null ? {} : { target }),
    ...(exclude === null ? {} : { exclude }),
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function headerOf<T>(headers: IncomingHttpHeaders, name: string, form: z.ZodType<T>): T | null {
  if (headers[name] === undefined) return null
  const parsed = form.safeParse(headers[name])
  if (!parsed.success) throw fieldError(name, flawOf(parsed.error).words)
  return parsed.data
}

/**
 * Whether a client of a stream wants its head before the first piece, to show the task's progress. Such a client reads a failure
 * from an event. Other clients get a failure before the first piece as an HTTP error.
 */
export function wantsEarlyHead(headers: IncomingHttpHeaders): boolean {
  return headers[earlyHead.name] === earlyHead.value
}

/** Returns the headers of every answer: its task's name and its trace, which OpenAI's clients show as the request's id. */
export function answerHeaders({ id, trace_id }: Answer): Record<string, string> {
  return { 'x-ripple-task': id, 'x-ripple-trace': trace_id, 'x-request-id': trace_id }
}

/**
 * Returns the header that names the receipts of a whole answer, as paths in which other characters than ASCII are
 * percent-encoded; none without a receipt. A stream's head is sent before its receipt exists, so its last event names it.
 */
export function receiptHeader(end: AnswerEnd): Record<string, string> {
  const receipts = receiptsOf(end)
  return receipts.length === 0 ? {} : { 'x-ripple-receipt': receipts.map(encodeURI).join(', ') }
}

/** Returns the time of the request, in seconds since 1970. */
export function createdOf({ created_at }: Answer): number {
  return Math.floor(created_at / 1_000)
}

/** Returns Ripple's own part of an answer: its route, its receipts, and the ignored fields of the request. */
export function rippleOf(answer: Answer, end: AnswerEnd, ignored: readonly string[]) {
  const { task, receipt, route, peer, why } = end
  const receipts = receiptsOf(end)
  return { id: answer.id, trace_id: answer.trace_id, task, receipt, receipts, route, peer, why, ignored }
}

/** Returns the ignored fields of a request. An ensemble decides itself how its members are sampled. */
export function ignoredBy(
  { ignored, samplers }: { readonly ignored: readonly string[]; readonly samplers: readonly string[] },
  { route }: AnswerEnd,
): readonly string[] {
  return route === 'ensemble' ? [...samplers, ...ignored].slice(0, limits.openai_ignored_max) : ignored
}

/** Returns OpenAI's count of tokens; null if a provider did not count. */
export function usageOf({ usage }: AnswerEnd) {
  if (usage === null) return null
  const { tokens_in, tokens_out } = usage
  return {
    prompt_tokens: tokens_in,
    completion_tokens: tokens_out,
    total_tokens: tokens_in + tokens_out,
  }
}

/** An event of a streamed answer. Only the last ones have the later fields. */
export interface StreamEvent<Choice> {
  readonly id: string
  readonly object: string
  readonly created: number
  readonly model: string
  readonly choices: readonly Choice[]
  readonly usage?: ReturnType<typeof usageOf>
  readonly system_fingerprint?: string | null
  readonly ripple?: ReturnType<typeof rippleOf>
}

/** Returns OpenAI's fingerprint of the backend: it changes with the model's file. */
export function fingerprintOf({ model_digest }: AnswerEnd): string | null {
  return model_digest === null ? null : `fp_${model_digest.slice(0, 12)}`
}
