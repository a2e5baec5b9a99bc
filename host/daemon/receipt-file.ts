import { Lane } from '../dht/lane.ts'
import type { Dht } from '../dht/port.ts'
import { assembleReceipt } from '../receipt/assemble.ts'
import { findSiblings } from '../receipt/siblings.ts'
import { verifyReceipt } from '../receipt/verify.ts'
import { openRules } from '../rules/rules.ts'
import type { Work } from '../work/work.ts'
import type { ReceiptNeeds } from './receipts.ts'

/** What receipts are made from. */
export interface MakerNeeds {
  readonly work: Pick<Work, 'secrets'>
  readonly conductor: { readonly dht: Dht }
}

/**
 * Gives what makes the receipt of an accepted task, payload and output revealed: it is the poster's own file. It is verified
 * before it is given away, so that a receipt on disk is one that holds. The fetch of an output may take a minute, and no other
 * waits for it; what follows is quick, and is done for one at a time, because each has a copy of the rules' wasm in memory.
 */
export function receiptMaker({ work, conductor }: MakerNeeds): ReceiptNeeds['make'] {
  const lane = new Lane()
  return async (view, signal) => {
    const secrets = await work.secrets(view.task, signal)
    return lane.take(async () => {
      const rules = await openRules()
      const bytes = await assembleReceipt({ dht: conductor.dht, rules, secrets }, view.task, signal)
      verifyReceipt(bytes, rules)
      return bytes
    }, signal)
  }
}

/** What the network as it is seen here knows of a receipt's task beyond the receipt. Rejects with `RIPPLE_RECEIPT_INVALID`. */
export async function siblingsOf(receipt: Uint8Array, dht: Dht, signal: AbortSignal): Promise<string[]> {
  const rules = await openRules()
  return findSiblings(dht, rules, verifyReceipt(receipt, rules).summary, signal)
}
