/** Signs score cards and verifies them. */
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { RippleError } from '../../errors/ripple-error.ts'
import { bindPeer, checkBinding } from '../../net/binding.ts'
import type { AgentKey } from '../../types/events.ts'
import { type ScoreCard, type SignedCard, signedCard } from '../../types/score-card.ts'
import { cardStatement } from './score-card.ts'

/** Signs score cards. */
export interface Signer {
  readonly agent: AgentKey
  /** The key that it signs with, in hex. */
  readonly public_key: string
  sign(card: ScoreCard): Promise<SignedCard>
}

/**
 * Returns a signer that uses the machine's libp2p key. The peer binding on the agent's card shows that this key vouches for
 * the agent. The conductor lends the agent's own key for chain actions only.
 */
export function peerSigner(key: PrivateKey, agent: AgentKey): Signer {
  return {
    agent,
    public_key: Buffer.from(key.publicKey.raw).toString('hex'),
    sign: async (card) => {
      const { public_key, signature: binding } = await bindPeer(key, agent)
      const signature = Buffer.from(await key.sign(cardStatement(card))).toString('hex')
      return { card, signed: { public_key, binding, signature } }
    },
  }
}

/**
 * Reads and verifies a score card from its bytes alone. This proves that the named libp2p key signed the measurement and
 * vouches for the agent. Only a daemon can confirm that the agent's card names that key. Rejects with
 * `RIPPLE_SCORE_CARD_INVALID`.
 */
export async function verifyCard(file: string, bytes: Uint8Array): Promise<SignedCard> {
  const refuse = (detail: string): never => {
    throw new RippleError('RIPPLE_SCORE_CARD_INVALID', { file, detail })
  }
  const { card, signed } = readCard(bytes) ?? refuse('it is not in the form of one')
  if (!(await checkBinding(card.agent, { public_key: signed.public_key, signature: signed.binding })))
    refuse('its key does not vouch for its agent')
  if (!(await holds(signed, cardStatement(card)))) refuse('its signature is not over this content')
  return { card, signed }
}

function readCard(bytes: Uint8Array): SignedCard | null {
  try {
    return signedCard.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
  } catch {
    return null
  }
}

async function holds(
  { public_key, signature }: SignedCard['signed'],
  statement: Uint8Array,
): Promise<boolean> {
  try {
    const key = publicKeyFromRaw(Buffer.from(public_key, 'hex'))
    return await key.verify(statement, Buffer.from(signature, 'hex'))
  } catch {
    return false
  }
}
