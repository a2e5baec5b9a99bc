import { decode, encode } from '@ipld/dag-cbor'
import type { Rules } from '../rules/rules.ts'
import { verifyReceipt } from './verify.ts'

/**
 * A receipt without payload, output, their salts and the output's key: digests and signatures verify all the same.
 * Throws `RIPPLE_RECEIPT_INVALID` when the whole one does not hold.
 */
export function redactReceipt(receipt: Uint8Array, rules: Rules): Uint8Array {
  verifyReceipt(receipt, rules)
  return encode({ ...decode<object>(receipt), reveal: {} })
}
