import { z } from 'zod'
import { canonicalJson } from '../codec/canonical-json.ts'
import { sha256Hex } from '../codec/digest.ts'
import { limits } from '../limits.ts'
import type { Json } from '../types/json.ts'
import { taskType } from '../types/task-type.ts'

/**
 * Version of a card's form, and of the rules by which it was measured: the canonical forms (`canonical.ts`), how an answer is
 * judged right (`eval-set.ts`) and how members vote (`reduce.ts`). Whoever changes any of these raises it: a card of another
 * version counts no more, nor does what is done of a measurement.
 */
export const CARD_VERSION = 3

/** How long a card counts from when its measurement began, in milliseconds. */
export const CARD_LIFE_MS = limits.score_card_days * 24 * 60 * 60 * 1_000

const count = z.number().int().nonnegative()
const digest = z.string().regex(/^[0-9a-f]{64}$/)
const share = z.number().min(0).max(1)

/** What asking cost. Tokens are those read and those generated. */
const cost = z.strictObject({ tokens_in: count, tokens_out: count, seconds: z.number().nonnegative() })

/** How the ensemble did beside something else, item by item. */
const comparison = z.strictObject({
  accuracy: share,
  /** Items that only the ensemble had right, that both or neither had, and that only the other had. */
  wins: count,
  ties: count,
  losses: count,
  /** The ensemble's accuracy less the other's, and where 95 % of the paired resamples lie. */
  difference: z.number().min(-1).max(1),
  difference_95: z.tuple([z.number().min(-1).max(1), z.number().min(-1).max(1)]),
  cost,
})

const score = z.strictObject({
  items: count.min(1),
  ensemble: z.strictObject({ accuracy: share, no_consensus: count, failed_members: count, cost }),
  /** Beside one greedy answer of the best single member. */
  one_answer: comparison,
  /** Beside the best single member with as many tokens as the ensemble spent on the same item. */
  equal_tokens: comparison,
})

const model = { model: z.string(), model_digest: digest.nullable() }

/** The score at one kind of task, of whom, and beside whom. */
const typeScore = score.extend({
  members: z.array(z.strictObject({ ...model, weight_milli: count })).min(1),
  best_member: z.strictObject(model),
  /**
   * In which form the items were asked: `auto`: as a user's turn by the model's chat template where it has one; `none`: as a text to
   * be continued; null where they differ. A card says nothing of prompts in another form.
   */
  form: z.enum(['auto', 'none']).nullable(),
})

const cardBody = z.strictObject({
  version: z.literal(CARD_VERSION),
  /** Whose machine measured. */
  agent: z.string(),
  /** When the measurement began, in milliseconds since 1970 by that machine's clock. */
  at: count,
  expires_at: count,
  set: z.strictObject({ name: z.string(), digest, items: count }),
  policy: z.strictObject({ name: z.string(), digest }),
  mode: z.enum(['distinct_models', 'self_consistency']),
  /** Seed of the members' seeds. */
  seed: count,
  /**
   * How the best member spends as many tokens: `samples` of it that vote, or, where the ensemble is itself made of samples of
   * that model, one greedy answer that may be as long as all of theirs (`one_long_answer`).
   */
  equal_tokens_by: z.enum(['samples', 'one_long_answer']),
  bootstrap: z.strictObject({ seed: count, resamples: count }),
  /** For each kind of task of the set. */
  scores: z.partialRecord(taskType, typeScore),
  overall: score,
})

/** What a machine's key vouches for. */
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

/** What was measured. */
export type ScoreCard = z.output<typeof cardBody>
/** A score card and who vouches for it. */
export type SignedCard = z.output<typeof signedCard>
/** How an ensemble did at some items. */
export type Score = z.output<typeof score>
/** How an ensemble did at one kind of task. */
export type TypeScore = z.output<typeof typeScore>
/** How an ensemble did beside something else. */
export type Comparison = z.output<typeof comparison>
/** What asking cost. */
export type Cost = z.output<typeof cost>

/** The bytes that a card's signature covers. Pure. */
export function cardStatement(card: ScoreCard): Uint8Array {
  return new TextEncoder().encode(`ripple-score-card-v1:${canonicalJson(card as unknown as Json)}`)
}

/** sha256 of the card's canonical JSON: its name. Pure. */
export function cardDigest(card: ScoreCard): string {
  return sha256Hex(canonicalJson(card as unknown as Json))
}

/** The text of a card's file. Pure. */
export function cardText(card: SignedCard): string {
  return `${JSON.stringify(card, null, 2)}\n`
}
