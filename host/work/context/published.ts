/** Publishes payloads in Tasks, in the clear or sealed for some readers. */
import sodium from 'libsodium-wrappers'
import type { PublishedPayload } from '../../../zomes-bindings/generated/resource-mesh.ts'
import type { Random } from '../../types/clock.ts'
import type { AgentKey } from '../../types/events.ts'
import { seal, sealBytes, unseal } from './seal.ts'

/** A payload with the salt of its digest. */
export interface Salted {
  readonly salt: Uint8Array
  readonly payload: Uint8Array
}

/** An agent that may read a published payload. */
export interface Reader {
  readonly agent: AgentKey
  /** Ed25519 public key of its machine's libp2p node, 64 hex digits, as its card binds it to the agent. */
  readonly publicKey: string
}

/** Opens data that was sealed for this machine; returns null for any other. */
export type OpenBox = (sealed: Uint8Array) => Uint8Array | null

/** Returns a payload that everybody can read. */
export function publishClear({ salt, payload }: Salted): PublishedPayload {
  return { type: 'clear', salt: hex(salt), text: new TextDecoder('utf-8', { fatal: true }).decode(payload) }
}

/** Returns a payload for some readers, sealed under a key of its own, which is sealed for each of them. */
export function publishSealed(
  { salt, payload }: Salted,
  key: Uint8Array,
  readers: readonly Reader[],
  random: Random,
): PublishedPayload {
  const secret = Buffer.concat([salt, key])
  return {
    type: 'sealed',
    ciphertext: Buffer.from(seal(payload, salt, key)).toString('base64'),
    keys: readers.map((reader) => ({
      agent: reader.agent,
      sealed: hex(sealBox(secret, curveOf(reader), random)),
    })),
  }
}

/** Returns the published payload; null when it is not for this agent, or not what it seems to be. */
export function openPublished(published: PublishedPayload, agent: AgentKey, openBox: OpenBox): Salted | null {
  if (published.type === 'clear')
    return { salt: Buffer.from(published.salt, 'hex'), payload: Buffer.from(published.text) }
  const mine = published.keys.find((one) => one.agent === agent)
  const secret = mine ? openBox(Buffer.from(mine.sealed, 'hex')) : null
  if (secret?.length !== sealBytes.salt + sealBytes.key) return null
  const [salt, key] = [secret.subarray(0, sealBytes.salt), secret.subarray(sealBytes.salt)]
  const payload = unseal(Buffer.from(published.ciphertext, 'base64'), salt, key)
  return payload ? { salt, payload } : null
}

/**
 * Returns libsodium's sealed box, made with the daemon's own source of randomness, so that a simulation repeats itself.
 */
function sealBox(message: Uint8Array, to: Uint8Array, random: Random): Uint8Array {
  const once = sodium.crypto_box_seed_keypair(random.bytes(sodium.crypto_box_SEEDBYTES))
  const parties = Buffer.concat([once.publicKey, to])
  const nonce = sodium.crypto_generichash(sodium.crypto_box_NONCEBYTES, parties, null)
  return Buffer.concat([once.publicKey, sodium.crypto_box_easy(message, nonce, to, once.privateKey)])
}

/** The converted key of each reader while the reader exists: a conversion costs as much as sealing. */
const curves = new WeakMap<Reader, Uint8Array>()

function curveOf(reader: Reader): Uint8Array {
  const known = curves.get(reader)
  if (known) return known
  const curve = sodium.crypto_sign_ed25519_pk_to_curve25519(Buffer.from(reader.publicKey, 'hex'))
  curves.set(reader, curve)
  return curve
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
