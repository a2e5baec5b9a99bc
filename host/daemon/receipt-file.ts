import type { Dht } from '../dht/port.ts'
import type { TaskView } from '../mesh/view.ts'
import { assembleReceipt } from '../receipt/assemble.ts'
import { findSiblings } from '../receipt/siblings.ts'
import { verifyReceipt } from '../receipt/verify.ts'
import { openRules } from '../rules/rules.ts'
import type { Parts } from './parts.ts'

/**
 * Makes the receipt of an accepted task, payload and output revealed: it is the poster's own file. It is verified
 * before it is given away, so that a receipt on disk is one that holds.
 */
export async function makeReceipt(
  view: TaskView,
  { work, conductor }: Pick<Parts, 'work' | 'conductor'>,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const rules = await openRules()
  const secrets = await work.secrets(view.task, signal)
  const bytes = await assembleReceipt({ dht: conductor.dht, rules, secrets }, view.task, signal)
  verifyReceipt(bytes, rules)
  return bytes
}

/** What the network as it is seen here knows of a receipt's task beyond the receipt. Rejects with `RIPPLE_RECEIPT_INVALID`. */
export async function siblingsOf(receipt: Uint8Array, dht: Dht, signal: AbortSignal): Promise<string[]> {
  const rules = await openRules()
  return findSiblings(dht, rules, verifyReceipt(receipt, rules).summary, signal)
}
