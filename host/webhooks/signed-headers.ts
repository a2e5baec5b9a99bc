/** Signs deliveries as Standard Webhooks does. */
import { createHmac } from 'node:crypto'
import type { Secret } from '../config/secrets.ts'

/** The beginning of a secret whose rest is the key in base64. */
const ENCODED = 'whsec_'

/**
 * Returns the headers of a delivery. The signature is the HMAC-SHA256 of id, time and body with dots between them; the time is
 * that of the try, in seconds since 1970. The key is the secret's text, or its bytes in base64 after `whsec_`.
 */
export function signedHeaders(
  id: string,
  nowMs: number,
  body: string,
  secret: Secret,
): Record<`webhook-${string}`, string> {
  const seconds = Math.floor(nowMs / 1_000)
  const value = secret.reveal()
  const key = value.startsWith(ENCODED) ? Buffer.from(value.slice(ENCODED.length), 'base64') : value
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,${signature}` }
}
