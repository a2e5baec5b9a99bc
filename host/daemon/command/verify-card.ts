/** Verifies the file of a score card. */
import { verifyCard } from '../../ensemble/cards/sign-card.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { readRegular } from '../../files/regular-file.ts'
import { limits } from '../../limits.ts'
import type { CardVerdict } from '../../operations/local.ts'

/**
 * Verifies a score card from its file alone. `askKey` asks the daemon about the agent's own card; it is null offline.
 * Rejects with `RIPPLE_SCORE_CARD_INVALID`, `RIPPLE_FILE_UNREADABLE`, and as `askKey` does.
 */
export async function verifyCardFile(
  file: string,
  askKey: ((input: { agent: string; public_key: string }) => Promise<CardVerdict['online']>) | null,
): Promise<CardVerdict> {
  const { card, signed } = await verifyCard(file, await readCardFile(file))
  const { public_key } = signed
  const { agent, set, policy } = card
  return {
    verified: true,
    file,
    card,
    public_key,
    shown: [
      `the holder of the libp2p key ${public_key} has signed this content`,
      `that key vouches for the agent ${agent}`,
      `the set has the digest ${set.digest}, the policy ${policy.digest}, the models those above`,
    ],
    not_shown: [
      `that the agent's own card names that key: --online asks for it`,
      'that the members truly answered so: their tasks have receipts on the machine that measured',
      'when it was measured: the time is that of its machine',
    ],
    online: askKey === null ? null : await askKey({ agent, public_key }),
  }
}

async function readCardFile(file: string): Promise<Uint8Array> {
  const max = limits.score_card_bytes_max
  const bytes = await readRegular(file, max)
  if (bytes === null)
    throw new RippleError('RIPPLE_SCORE_CARD_INVALID', { file, detail: `it is larger than ${max} bytes` })
  return bytes
}
