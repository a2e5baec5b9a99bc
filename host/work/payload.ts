/** Encodes payloads, and digests their parts. */

import type { Parameters } from '../../zomes-bindings/generated/Parameters.ts'
import { canonicalJson } from '../codec/canonical-json.ts'
import { sha256Hex } from '../codec/digest.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { type InferencePayload, inferencePayload } from '../types/inference.ts'

/** The bytes that a task's payload digest covers: its canonical JSON, in UTF-8. */
export function encodePayload(payload: InferencePayload): Uint8Array {
  return new TextEncoder().encode(canonicalJson(payload))
}

/** The payload again. Rejects bytes that no poster's daemon would have encoded with `RIPPLE_BODY_INVALID`. */
export function decodePayload(bytes: Uint8Array): InferencePayload {
  try {
    return inferencePayload.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
  } catch (cause) {
    throw new RippleError(
      'RIPPLE_BODY_INVALID',
      { detail: 'the payload is not an inference payload' },
      { cause },
    )
  }
}

/** What a Grant says of the text that its worker goes on with: sha256(salt ++ text in UTF-8), the payload's salt; null of none. */
export function prefixDigest(salt: Uint8Array, prefix: string): string | null {
  return prefix === '' ? null : sha256Hex(salt, prefix)
}

/** sha256 of the canonical JSON of the parameters, as `deterministic` names it. */
export function parametersDigest(parameters: Parameters): string {
  return sha256Hex(canonicalJson({ ...parameters }))
}

/** Whether bytes are a payload: a poster may have published, or send, what cannot be run. */
export function isPayload(bytes: Uint8Array): boolean {
  try {
    decodePayload(bytes)
    return true
  } catch {
    return false
  }
}
