/** Opens sealed boxes for this machine's key. */
import sodium from 'libsodium-wrappers'

/**
 * Returns a function that opens libsodium's sealed boxes for an Ed25519 key (64 bytes: seed and public key), converted to
 * the curve of the boxes. The function returns null for a box sealed for another key. Needs `sodium.ready`, which the work
 * loop awaits.
 */
export function boxOpener(privateKey: Uint8Array): (sealed: Uint8Array) => Uint8Array | null {
  return (sealed) => {
    const publicKey = sodium.crypto_sign_ed25519_pk_to_curve25519(privateKey.subarray(32))
    const secretKey = sodium.crypto_sign_ed25519_sk_to_curve25519(privateKey)
    try {
      return sodium.crypto_box_seal_open(sealed, publicKey, secretKey)
    } catch {
      return null
    }
  }
}
