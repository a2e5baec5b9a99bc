import type { Report } from '../../zomes-bindings/generated/Report.ts'
import { openRoom, type Room } from '../rules/room.ts'
import { call, send } from './call.ts'
import { receiptBytes } from './wire.ts'

/** A receipt as this browser verified it. */
export interface Checked {
  readonly report: Report
  /** Where the daemon keeps it. */
  readonly path: string
  readonly bytes: number
  /** sha256 of the rules that judged it, lower-case hex. */
  readonly rules: string
}

/** The rules, as a browser runs them. */
export interface BrowserRules {
  readonly room: Room
  readonly sha256: string
}

/** Fetches the rules' wasm and starts it. Rejects with a `Refusal`. */
export async function fetchRules(signal: AbortSignal): Promise<BrowserRules> {
  const answer = await send({ path: '/ui/rules.wasm', key: null }, signal)
  const wasm = new Uint8Array(await answer.arrayBuffer())
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', wasm))
  return { room: await openRoom(wasm), sha256: hex(digest) }
}

/** Fetches the receipt of a task and verifies its bytes. Rejects with a `Refusal` where there is none. */
export async function checkReceipt(
  task: string,
  key: string,
  rules: BrowserRules,
  signal: AbortSignal,
): Promise<Checked> {
  const request = { path: '/api/task/receipt', key, body: { id: task, bytes: true } }
  const { receipt, base64 } = await call(receiptBytes, request, signal)
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
  const report = rules.room.ask('verify_receipt', bytes) as Report
  return { report, path: receipt, bytes: bytes.length, rules: rules.sha256 }
}

/** One thing that a receipt must agree in with what this page was told. */
export interface Agreement {
  readonly what: string
  readonly agrees: boolean
}

/** What the daemon said of the answer when it gave it. */
export interface Told {
  readonly text: string
  /** Hash or key of the task. */
  readonly task: string | null
  readonly peer: string | null
}

/** Compares a receipt that holds with what the page was told: another task's receipt may hold just as well. */
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

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
