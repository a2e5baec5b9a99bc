/** Encodes payloads, and digests what is the same by content. */
import { createHash } from 'node:crypto'
import type { Parameters } from '../../zomes-bindings/generated/Parameters.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { type InferencePayload, inferencePayload } from '../types/inference.ts'
import { isList, type Json } from '../types/json.ts'

/** JSON with sorted keys and no spaces: one spelling for one document. */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`).join(',')}}`
}

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

/** sha256 over the parts one after the other, as lower-case hex. */
export function sha256Hex(...parts: readonly (Uint8Array | string)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
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
