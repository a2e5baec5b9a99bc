/** Makes the receipts of accepted tasks, and looks for their siblings. */
import { SerialQueue } from '../../dht/call/serial-queue.ts'
import type { Dht } from '../../dht/port.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { assembleReceipt } from '../../receipt/assemble.ts'
import { findSiblings } from '../../receipt/siblings.ts'
import { verifyReceipt } from '../../receipt/verify.ts'
import { openRules } from '../../rules/rules.ts'
import type { Work } from '../../work/work.ts'
import type { ReceiptNeeds } from './receipts.ts'

/** Parts of the daemon that make receipts. */
export interface MakerNeeds {
  readonly work: Pick<Work, 'secrets'>
  readonly conductor: { readonly dht: Dht }
}

/**
 * Returns the function that makes the receipt of an accepted task. Payload and output are revealed, since it is the
 * poster's own file. Each receipt is verified first, so that a receipt on disk is valid. Fetching an output may take a
 * minute and blocks no other receipt. The rest is quick and runs one at a time, because each run holds a copy of the
 * rules' wasm in memory.
 */
export function receiptMaker({ work, conductor }: MakerNeeds): ReceiptNeeds['make'] {
  const lane = new SerialQueue()
  return async (view, signal) => {
    const secrets = await work.secrets(view.task, signal)
    if (!secrets) throw new RippleError('RIPPLE_TASK_UNKNOWN', { id: view.id })
    return lane.take(async () => {
      const rules = await openRules()
      const bytes = await assembleReceipt({ dht: conductor.dht, rules, secrets }, view.task, signal)
      verifyReceipt(bytes, rules)
      return bytes
    }, signal)
  }
}

/**
 * Lists facts about a receipt's task that this machine sees on the network beyond the receipt. Rejects with
 * `RIPPLE_RECEIPT_INVALID`.
 */
export async function siblingsOf(receipt: Uint8Array, dht: Dht, signal: AbortSignal): Promise<string[]> {
  const rules = await openRules()
  return findSiblings(dht, rules, verifyReceipt(receipt, rules).summary, signal)
}
