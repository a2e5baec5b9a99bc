/** Fetches receipts and verifies them in the browser. */
import type { Report } from '../../../../zomes-bindings/generated/receipt.ts'
import { openRulesWasm, type RulesWasm } from '../../../rules/rules-wasm.ts'
import { call, inTime, send } from '../../daemon/call.ts'
import { bytesOf } from '../../format/base64.ts'
import { hex } from '../../format/hex.ts'

/** A receipt that this browser has verified. */
export interface Checked {
  readonly report: Report
  /** Its path on the daemon's machine. */
  readonly path: string
  readonly bytes: number
  /** sha256 of the rules that judged it, lower-case hex. */
  readonly rules: string
}

/** The rules in the browser. */
export interface BrowserRules {
  readonly room: RulesWasm
  readonly sha256: string
}

let known: Promise<BrowserRules> | null = null

/** Uses the rules, which are fetched and started once, and again after an error. Rejects with a `Refusal`, or as `use` does. */
export async function withRules<T>(use: (rules: BrowserRules) => T | Promise<T>): Promise<T> {
  known ??= fetchRules()
  try {
    return await use(await known)
  } catch (thrown) {
    known = null
    throw thrown
  }
}

async function fetchRules(): Promise<BrowserRules> {
  const answer = await send({ path: '/ui/rules.wasm', key: null }, new AbortController().signal)
  const wasm = new Uint8Array(await answer.arrayBuffer())
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', wasm))
  return { room: await openRulesWasm(wasm), sha256: hex(digest) }
}

/** Fetches the receipt of a task and verifies its bytes. Rejects with a `Refusal` if there is none. */
export async function checkReceipt(task: string, key: string, rules: BrowserRules): Promise<Checked> {
  const { path, bytes } = await fetchReceipt(task, key)
  return { report: verifyBytes(bytes, rules), path, bytes: bytes.length, rules: rules.sha256 }
}

/** Fetches the receipt of a task, and its path on the daemon's machine. Rejects with a `Refusal` if there is none. */
export async function fetchReceipt(task: string, key: string): Promise<{ path: string; bytes: Uint8Array }> {
  const { receipt, base64 } = await inTime((signal) =>
    call('task.receipt', { id: task, bytes: true }, key, signal),
  )
  return { path: receipt, bytes: bytesOf(base64 ?? '') }
}

/** Verifies the bytes of a receipt. For any other bytes the report has a problem. */
export function verifyBytes(bytes: Uint8Array, rules: BrowserRules): Report {
  return rules.room.ask('verify_receipt', bytes) as Report
}

/** One comparison of a receipt with the daemon's answer to this page. */
export interface Agreement {
  readonly what: string
  readonly agrees: boolean
}

/** The daemon's statements about the answer. */
export interface Told {
  readonly text: string
  /** Hash or key of the task. */
  readonly task: string | null
  readonly peer: string | null
}

/** Compares a valid receipt with the daemon's statements, because it could be the valid receipt of another task. */
export function agreements({ summary }: Report, told: Told): readonly Agreement[] {
  if (summary === null) return []
  return [
    ...(told.task === null
      ? []
      : [
          {
            what: 'it is the receipt of this task',
            agrees: [summary.task, summary.task_id].includes(told.task),
          },
        ]),
    ...(told.peer === null
      ? []
      : [{ what: 'it names the machine that answered', agrees: summary.worker === told.peer }]),
    ...(summary.answer === null
      ? []
      : [{ what: 'its answer is the text above', agrees: summary.answer === told.text }]),
  ]
}
