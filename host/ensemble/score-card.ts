/** Defines the score card: a signed measurement of an ensemble. */
import { z } from 'zod'
import { canonicalJson } from '../codec/canonical-json.ts'
import { sha256Hex } from '../codec/digest.ts'
import { limits } from '../limits.ts'
import type { Json } from '../types/json.ts'
import { taskType } from '../types/task-type.ts'

/**
 * The version of a card's format and of its measuring rules: the canonical forms (`canonical.ts`), how an answer is judged
 * right (`eval-set.ts`) and how members vote (`reduce.ts`). A change of any of these raises it, which invalidates older
 * cards and unfinished measurements.
 */
export const CARD_VERSION = 3

/** Milliseconds for which a card is valid, from when its measurement began. */
export const CARD_LIFE_MS = limits.score_card_days * 24 * 60 * 60 * 1_000

const count = z.number().int().nonnegative()
const digest = z.string().regex(/^[0-9a-f]{64}$/)
const share = z.number().min(0).max(1)

/** The cost of asking: tokens read, tokens generated and seconds. */
const cost = z.strictObject({ tokens_in: count, tokens_out: count, seconds: z.number().nonnegative() })

/** The comparison of an ensemble with a rival, item by item. */
const comparison = z.strictObject({
  accuracy: share,
  /** Items that only the ensemble had right, that both or neither had, and that only the rival had. */
  wins: count,
  ties: count,
  losses: count,
  /** The ensemble's accuracy less the rival's, with its 95 % interval by paired resamples. */
  difference: z.number().min(-1).max(1),
  difference_95: z.tuple([z.number().min(-1).max(1), z.number().min(-1).max(1)]),
  cost,
})

const score = z.strictObject({
  items: count.min(1),
  ensemble: z.strictObject({ accuracy: share, no_consensus: count, failed_members: count, cost }),
  /** Compared with one greedy answer of the best single member. */
  one_answer: comparison,
  /** Compared with the best single member, given as many tokens as the ensemble spent on the same item. */
  equal_tokens: comparison,
})

const model = { model: z.string(), model_digest: digest.nullable() }

/** The score at one task type, with the members and the rival. */
const typeScore = score.extend({
  members: z.array(z.strictObject({ ...model, weight_milli: count })).min(1),
  best_member: z.strictObject(model),
  /**
   * The form in which the items were asked; null if they differ. `auto`: as a user's turn by the model's chat template if it
   * has one; `none`: as a text to continue. A card says nothing about prompts in another form.
   */
  form: z.enum(['auto', 'none']).nullable(),
})

const cardBody = z.strictObject({
  version: z.literal(CARD_VERSION),
  /** The agent of the machine that measured. */
  agent: z.string(),
  /** When the measurement began, in milliseconds since 1970 by that machine's clock. */
  at: count,
  expires_at: count,
  set: z.strictObject({ name: z.string(), digest, items: count }),
  policy: z.strictObject({ name: z.string(), digest }),
  mode: z.enum(['distinct_models', 'self_consistency']),
  /** The seed of the members' seeds. */
  seed: count,
  /**
   * The use of equal tokens by the best member. `samples`: samples of it vote. `one_long_answer`, for an ensemble of samples
   * of that model: one greedy answer with all of their tokens.
   */
  equal_tokens_by: z.enum(['samples', 'one_long_answer']),
  bootstrap: z.strictObject({ seed: count, resamples: count }),
  /** The score for each task type of the set. */
  scores: z.partialRecord(taskType, typeScore),
  overall: score,
})

/** The signature that vouches for a card. */
const signatureSchema = z.strictObject({
  /** The machine's libp2p key, Ed25519, hex. */
  public_key: z.string().regex(/^[0-9a-f]{64}$/),
  /** That key's signature over the agent's key, as the agent's card has it. */
  binding: z.string().regex(/^[0-9a-f]{128}$/),
  /** That key's signature over `ripple-score-card-v1:` and the canonical JSON of the card. */
  signature: z.string().regex(/^[0-9a-f]{128}$/),
})

/** A score card as its file holds it. */
export const signedCard = z.strictObject({ card: cardBody, signed: signatureSchema })

/** The content of a score card. */
export type ScoreCard = z.output<typeof cardBody>
/** A score card with its signature. */
export type SignedCard = z.output<typeof signedCard>
/** The score of an ensemble at some items. */
export type Score = z.output<typeof score>
/** The score of an ensemble at one task type. */
export type TypeScore = z.output<typeof typeScore>
/** The comparison of an ensemble with a rival. */
export type Comparison = z.output<typeof comparison>
/** The cost of asking: tokens and seconds. */
export type Cost = z.output<typeof cost>

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
