/** Makes and checks the signatures by which libp2p keys vouch for agent keys. */
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import type { PeerBinding } from '../../zomes-bindings/generated/agent-registry.ts'
import type { AgentKey } from '../types/events.ts'

const statementPrefix = 'ripple-peer-v1:'
const keyHex = /^[0-9a-f]{64}$/
const signatureHex = /^[0-9a-f]{128}$/

/** Returns the bytes that a libp2p key signs to vouch for an agent key: `ripple-peer-v1:` and the key's base64 form. */
function statement(agent: AgentKey): Uint8Array {
  return new TextEncoder().encode(`${statementPrefix}${agent}`)
}

/** Returns the binding for a machine's card: its libp2p public key, and that key's signature over the agent key. */
export async function bindPeer(privateKey: PrivateKey, agent: AgentKey): Promise<PeerBinding> {
  return {
    public_key: Buffer.from(privateKey.publicKey.raw).toString('hex'),
    signature: Buffer.from(await privateKey.sign(statement(agent))).toString('hex'),
  }
}

/**
 * Whether the binding was made by the key that it names, for this agent. Never throws, because anyone may have written the
 * card.
 */
export async function checkBinding(agent: AgentKey, binding: PeerBinding): Promise<boolean> {
  if (!keyHex.test(binding.public_key) || !signatureHex.test(binding.signature)) return false
  try {
    const publicKey = publicKeyFromRaw(Buffer.from(binding.public_key, 'hex'))
    return await publicKey.verify(statement(agent), Buffer.from(binding.signature, 'hex'))
  } catch {
    return false
  }
}

/**
 * Returns the libp2p peer id (`12D3KooW...`) of an Ed25519 public key of 64 hex digits; null if the text is not such a key.
 */
export function peerIdOf(publicKeyHex: string): string | null {
  if (!keyHex.test(publicKeyHex)) return null
  try {
    return peerIdFromPublicKey(publicKeyFromRaw(Buffer.from(publicKeyHex, 'hex'))).toString()
  } catch {
    return null
  }
}
