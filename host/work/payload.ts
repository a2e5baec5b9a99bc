import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Parameters } from '../../zomes-bindings/generated/Parameters.ts'
import { RippleError } from '../errors/ripple-error.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** JSON with sorted keys and no spaces: one spelling for one document. Numbers are integers wherever we use it. */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`).join(',')}}`
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

const count = z.number().int().nonnegative()
const payloadSchema = z.strictObject({
  prompt: z.string(),
  parameters: z.strictObject({
    max_tokens: count,
    temperature_milli: count,
    top_p_milli: count,
    top_k: count,
    context_tokens: count,
  }),
  seed: count,
})

/** What an inference task asks, in the clear. */
export type InferencePayload = z.infer<typeof payloadSchema>

/** The bytes that a task's payload digest covers: canonical JSON of prompt, parameters and seed, in UTF-8. */
export function encodePayload({ prompt, parameters, seed }: InferencePayload): Uint8Array {
  return new TextEncoder().encode(canonicalJson({ prompt, parameters: { ...parameters }, seed }))
}

/** The payload again. Rejects bytes that no poster's daemon would have encoded with `RIPPLE_BODY_INVALID`. */
export function decodePayload(bytes: Uint8Array): InferencePayload {
  try {
    return payloadSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
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
