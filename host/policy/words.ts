import type { Json } from '../types/json.ts'

/** What the evaluator's thread is told. */
export type Word =
  | { readonly type: 'load'; readonly digest: string; readonly bytes: Uint8Array }
  | { readonly type: 'ask'; readonly digest: string; readonly entry: string; readonly input: Json }

/** What it answers, one answer a word. */
export type Reply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: 'policy_corrupt' | 'policy_failed'; readonly detail: string }

/** What the thread is started with. */
export interface ThreadData {
  readonly port: import('node:worker_threads').MessagePort
  readonly pages_max: number
  readonly answer_bytes_max: number
}
