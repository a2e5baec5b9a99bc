/** Verifies a receipt offline. */
import { decode } from '@ipld/dag-cbor'
import type { Report, Summary } from '../../zomes-bindings/generated/receipt.ts'
import { RippleError } from '../errors/ripple-error.ts'
import type { Rules } from '../rules/rules.ts'

/** The content of a valid receipt. */
export interface Verified extends Pick<Report, 'one_sided' | 'shown' | 'not_shown'> {
  readonly summary: Summary
}

/**
 * Verifies a receipt from its bytes alone. Throws `RIPPLE_RECEIPT_INVALID`, which names the part that is wrong. Throws
 * `RIPPLE_NOT_A_RECEIPT` if a person named `file`, and it holds no receipt.
 */
export function verifyReceipt(bytes: Uint8Array, rules: Rules, file?: string): Verified {
  const { problem, summary, one_sided, shown, not_shown } = rules.verifyReceipt(bytes)
  if (file !== undefined && problem?.code === 'not_a_receipt')
    throw new RippleError('RIPPLE_NOT_A_RECEIPT', { file })
  if (summary === null) {
    const detail =
      problem === null ? 'nothing can be said of it' : `${problem.where}: ${problem.text} (${problem.code})`
    throw new RippleError('RIPPLE_RECEIPT_INVALID', { detail })
  }
  return { summary, one_sided, shown, not_shown }
}

/** Returns the payload that a valid receipt reveals; null if it reveals none. */
export function revealedPayload(receipt: Uint8Array): Uint8Array | null {
  const { reveal } = decode<{ readonly reveal: { readonly payload?: Uint8Array } }>(receipt)
  return reveal.payload ?? null
}
