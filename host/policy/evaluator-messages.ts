/** Defines the messages between the evaluator and its thread. */
import type { Json } from '../types/json.ts'

/** A message to the evaluator's thread. */
export type EvaluatorRequest =
  | { readonly type: 'load'; readonly digest: string; readonly bytes: Uint8Array }
  | { readonly type: 'ask'; readonly digest: string; readonly entry: string; readonly input: Json }

/** The thread's answer to a message. */
export type EvaluatorReply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: 'policy_corrupt' | 'policy_failed'; readonly detail: string }

/** The data with which the thread starts. */
export interface ThreadData {
  readonly port: import('node:worker_threads').MessagePort
  readonly pages_max: number
  readonly answer_bytes_max: number
}
