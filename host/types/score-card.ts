/** Defines the score card: a signed measurement of an ensemble. */
import { z } from 'zod'
import { limits } from '../limits.ts'
import { taskType } from './task-type.ts'

/**
 * The version of a card's format and of its measuring rules: the canonical forms (`ensemble/vote/canonical.ts`), how an answer is judged
 * right (`eval-set.ts`) and how members vote (`reduce.ts`). A change of any of these raises it, which invalidates older
 * cards and unfinished measurements.
 */
export const CARD_VERSION = 3

/** Milliseconds for which a card is valid, from when its measurement began. */
export const CARD_LIFE_MS = limits.score_card_days * 24 * 60 * 60 * 1_000

const count = z.number().int().nonnegative()
const digest = z.string().regex(/^[0-9a-f]{64}$/)
const share = z.number().min(0).max(1)
const accuracy = share.describe('share of items that it had right')
const difference = z.number().min(-1).max(1)

const cost = z
  .strictObject({
    tokens_in: count.describe('tokens read'),
    tokens_out: count.describe('tokens generated'),
    seconds: z.number().nonnegative().describe('seconds'),
  })
  .describe('the cost of asking')

/** The comparison of an ensemble with a rival, item by item. */
const comparison = z.strictObject({
  accuracy,
  wins: count.describe('items that only the ensemble had right'),
  ties: count.describe('items that both or neither had right'),
  losses: count.describe('items that only the rival had right'),
  difference: difference.describe("the ensemble's accuracy less the rival's"),
  difference_95: z
    .tuple([difference, difference])
    .describe('95 % interval of the difference, by paired resamples'),
  cost,
})

const score = z.strictObject({
  items: count.min(1).describe('items that were measured'),
  ensemble: z
    .strictObject({
      accuracy,
      no_consensus: count.describe('items at which too few members agreed'),
      failed_members: count.describe('answers that members did not give'),
      cost,
    })
    .describe('the ensemble'),
  one_answer: comparison.describe('compared with one greedy answer of the best single member'),
  equal_tokens: comparison.describe(
    'compared with the best single member, given as many tokens as the ensemble spent on the same item',
  ),
})

const model = {
  model: z.string().describe('its model'),
  model_digest: digest.nullable().describe("sha256 of the model's file; null if that is unknown"),
}

/** The score at one task type, with the members and the rival. */
const typeScore = score.extend({
  members: z
    .array(z.strictObject({ ...model, weight_milli: count.describe('weight of its vote, in thousandths') }))
    .min(1)
    .describe('the members'),
  best_member: z.strictObject(model).describe('the best single member'),
  /** A card says nothing about prompts in another form. */
  form: z
    .enum(['auto', 'none'])
    .nullable()
    .describe(
      "form of the items: auto as a user's turn by the model's chat template if it has one, none as a text to continue; null if they differ",
    ),
})

const cardBody = z.strictObject({
  version: z.literal(CARD_VERSION).describe("version of the card's format and measuring rules"),
  agent: z.string().describe('agent key of the machine that measured'),
  at: count.describe("when the measurement began, in milliseconds since 1970 by that machine's clock"),
  expires_at: count.describe('when the card ceases to be valid'),
  set: z
    .strictObject({
      name: z.string().describe('its name'),
      digest: digest.describe('its sha256'),
      items: count.describe('its items'),
    })
    .describe('the set of questions'),
  policy: z
    .strictObject({ name: z.string().describe('its name'), digest: digest.describe('its sha256') })
    .describe('the policy of the ensemble'),
  mode: z
    .enum(['distinct_models', 'self_consistency'])
    .describe('whether the members are distinct models or samples of one model'),
  seed: count.describe("seed of the members' seeds"),
  /** `one_long_answer` is for an ensemble of samples of that model: one greedy answer with all of their tokens. */
  equal_tokens_by: z
    .enum(['samples', 'one_long_answer'])
    .describe('use of equal tokens by the best member: samples of it that vote, or one long answer'),
  bootstrap: z
    .strictObject({ seed: count.describe('their seed'), resamples: count.describe('their number') })
    .describe('the resamples behind the intervals'),
  scores: z.partialRecord(taskType, typeScore).describe('the score at each task type of the set'),
  overall: score.describe('the score at all items'),
})

const signature = z.string().regex(/^[0-9a-f]{128}$/)

/** The signature that vouches for a card. */
const signatureSchema = z.strictObject({
  public_key: digest.describe("the machine's libp2p key, Ed25519, in hex"),
  binding: signature.describe("that key's signature over the agent's key, as the agent's card has it"),
  signature: signature.describe(
    "that key's signature over 'ripple-score-card-v1:' and the canonical JSON of the card",
  ),
})

/** A score card as its file holds it. */
export const signedCard = z.strictObject({
  card: cardBody.describe('the card'),
  signed: signatureSchema.describe('its signature'),
})

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
