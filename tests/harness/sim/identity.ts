import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { encodeHashToBase64, HoloHashType, hashFrom32AndType } from '@holochain/client'
import { boxOpener } from '../../../host/net/open-box.ts'
import type { ActionHash, AgentKey, DnaHash } from '../../../host/types/events.ts'

import type { OpenBox } from '../../../host/work/context/published.ts'

/** A peer's key pair, from a name alone. */
export interface Identity {
  readonly agent: AgentKey
  /** Ed25519 public key, 64 hex digits. */
  readonly publicKey: string
  /** Opens what was sealed for that key. */
  readonly openBox: OpenBox
  sign(bytes: Uint8Array): Uint8Array
}

/** PKCS#8 wrapping of a raw Ed25519 seed. */
const seedPrefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The identity that a name stands for. */
export function identityOf(name: string): Identity {
  const seed = createHash('sha256').update(name).digest()
  const key = createPrivateKey({ key: Buffer.concat([seedPrefix, seed]), format: 'der', type: 'pkcs8' })
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
  const agent = encodeHashToBase64(hashFrom32AndType(raw, HoloHashType.Agent))
  return {
    agent,
    publicKey: Buffer.from(raw).toString('hex'),
    openBox: boxOpener(Buffer.concat([seed, raw])),
    sign: (bytes) => sign(null, bytes, key),
  }
}

/** A DNA's hash, from a name alone. */
export function dnaHashOf(name: string): DnaHash {
  return hashOf(name, HoloHashType.Dna)
}

/** An action's hash, from a name alone. */
export function actionHashOf(name: string): ActionHash {
  return hashOf(name, HoloHashType.Action)
}

function hashOf(name: string, type: HoloHashType): string {
  return encodeHashToBase64(hashFrom32AndType(createHash('sha256').update(name).digest(), type))
}
