/** Removes the revealed content from a receipt. */
import { decode, encode } from '@ipld/dag-cbor'
import type { Rules } from '../rules/rules.ts'
import { verifyReceipt } from './verify.ts'

/**
 * Returns a receipt without payload, output, their salts and the output's key. Its digests and signatures still verify.
 * Throws `RIPPLE_RECEIPT_INVALID` if the complete receipt is invalid.
 */
export function redactReceipt(receipt: Uint8Array, rules: Rules): Uint8Array {
  verifyReceipt(receipt, rules)
  return encode({ ...decode<object>(receipt), reveal: {} })
}
