/** Seals outputs and payloads. */
import sodium from 'libsodium-wrappers'
import { SECRET_BYTES, SECRETBOX_MAC_BYTES } from '../../../zomes-bindings/generated/limits.ts'

/** Lengths in bytes of an output's salt and key, and of the tag that sealing adds. */
export const sealBytes = { salt: SECRET_BYTES, key: SECRET_BYTES, mac: SECRETBOX_MAC_BYTES } as const

/** Resolves when the cipher's wasm is loaded; call it once before the others. */
export async function sealReady(): Promise<void> {
  await sodium.ready
}

/**
 * Returns the ciphertext of an output: secretbox under its key, with the first 24 bytes of its salt as the nonce. Salt
 * and key serve one time.
 */
export function seal(plain: Uint8Array, salt: Uint8Array, key: Uint8Array): Uint8Array {
  return sodium.crypto_secretbox_easy(plain, nonceOf(salt), key)
}

/** Returns the output, or null when the bytes were not sealed under this key and salt. */
export function unseal(sealed: Uint8Array, salt: Uint8Array, key: Uint8Array): Uint8Array | null {
  if (salt.length !== sealBytes.salt || key.length !== sealBytes.key) return null
  if (sealed.length < sealBytes.mac) return null
  try {
    return sodium.crypto_secretbox_open_easy(sealed, nonceOf(salt), key)
  } catch {
    // The library throws for a wrong tag; all other reasons were ruled out above.
    return null
  }
}

function nonceOf(salt: Uint8Array): Uint8Array {
  return salt.subarray(0, sodium.crypto_secretbox_NONCEBYTES)
}
