/** Encodes payloads, and digests their parts. */

import type { Parameters } from '../../../zomes-bindings/generated/resource-mesh.ts'
import { canonicalJson } from '../../codec/canonical-json.ts'
import { sha256Hex } from '../../codec/digest.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { type InferencePayload, inferencePayload } from '../../types/inference.ts'

/** Returns the bytes that a task's payload digest covers: its canonical JSON, in UTF-8. */
export function encodePayload(payload: InferencePayload): Uint8Array {
  return new TextEncoder().encode(canonicalJson(payload))
}

/** Returns the payload. Throws `RIPPLE_BODY_INVALID` for bytes that no poster's daemon would have encoded. */
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

/**
 * Returns the digest by which a Grant names the text that its worker continues; null without text. It is sha256(salt ++
 * text in UTF-8), with the payload's salt.
 */
export function prefixDigest(salt: Uint8Array, prefix: string): string | null {
  return prefix === '' ? null : sha256Hex(salt, prefix)
}

/** Returns sha256 of the canonical JSON of the parameters, as `deterministic` names it. */
export function parametersDigest(parameters: Parameters): string {
  return sha256Hex(canonicalJson({ ...parameters }))
}

/** Whether bytes are a payload: a poster may publish or send bytes that cannot be run. */
export function isPayload(bytes: Uint8Array): boolean {
  try {
    decodePayload(bytes)
    return true
  } catch {
    return false
  }
}
