/** Writes score cards: their text, their name and the bytes that are signed. */
import { canonicalJson } from '../../codec/canonical-json.ts'
import { sha256Hex } from '../../codec/digest.ts'
import type { Json } from '../../types/json.ts'
import type { ScoreCard, SignedCard } from '../../types/score-card.ts'

/** Returns the bytes that a card's signature covers. Pure. */
export function cardStatement(card: ScoreCard): Uint8Array {
  return new TextEncoder().encode(`ripple-score-card-v1:${canonicalJson(card as unknown as Json)}`)
}

/** Returns a card's name: sha256 of its canonical JSON. Pure. */
export function cardDigest(card: ScoreCard): string {
  return sha256Hex(canonicalJson(card as unknown as Json))
}

/** Returns the text of a card's file. Pure. */
export function cardText(card: SignedCard): string {
  return `${JSON.stringify(card, null, 2)}\n`
}
