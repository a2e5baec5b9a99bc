/** Keeps the machine's libp2p key. */
import { readFile } from 'node:fs/promises'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { fileReason } from '../errors/file-reason.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { writeAtomic } from '../files/write-atomic.ts'

/**
 * Returns the machine's libp2p key from its file (protobuf form), made there with mode 0600 if there is none. Rejects with
 * `RIPPLE_FILE_UNREADABLE` when the file is not an Ed25519 key, because a new key would break the card's binding.
 */
export async function openPeerKey(file: string): Promise<Ed25519PrivateKey> {
  const kept = await readFile(file).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return null
    throw new RippleError('RIPPLE_FILE_UNREADABLE', { file, detail: fileReason(thrown) }, { cause: thrown })
  })
  if (kept !== null) return decodeKey(file, kept)
  const key = await generateKeyPair('Ed25519')
  await writeAtomic(file, privateKeyToProtobuf(key))
  return key
}

function decodeKey(file: string, bytes: Uint8Array): Ed25519PrivateKey {
  try {
    const key = privateKeyFromProtobuf(bytes)
    if (key.type === 'Ed25519') return key
  } catch (cause) {
    throw new RippleError('RIPPLE_FILE_UNREADABLE', { file, detail: 'it holds no libp2p key' }, { cause })
  }
  throw new RippleError('RIPPLE_FILE_UNREADABLE', { file, detail: 'its key is not Ed25519' })
}

/** A machine's libp2p key, with which it signs. */
export interface SigningKey {
  /** The Ed25519 public key, 64 hex digits. */
  readonly publicKey: string
  /** Returns the signature over a text's UTF-8 bytes, 128 hex digits. */
  sign(text: string): Promise<string>
}

/** Returns the key as one that signs texts. */
export function signingKey(key: Ed25519PrivateKey): SigningKey {
  return {
    publicKey: Buffer.from(key.publicKey.raw).toString('hex'),
    sign: async (text) => Buffer.from(await key.sign(new TextEncoder().encode(text))).toString('hex'),
  }
}
