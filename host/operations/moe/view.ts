/** Defines the outputs of the operations on ensembles. */
import { z } from 'zod'
import { signedCard } from '../../types/score-card.ts'
import { taskType } from '../../types/task-type.ts'

/** The form of a prompt as people name it: in a chat, or as a text to be continued. */
export const evalForm = z.enum(['chat', 'text'])

/** The answer of several models. */
export const answerView = z.strictObject({
  response: z.string().describe('the merged answer; empty if too few agree, and then nothing was merged'),
  consensus_score: z
    .number()
    .describe('weight of the heaviest class, divided by the weight of all that answered'),
  model_votes: z
    .array(
      z.strictObject({
        model: z.string().describe('the model that voted'),
        response_hash: z.string().describe('the class of its answer: equal hashes mean the same answer'),
        weight: z.number().describe('weight of its vote'),
        latency_ms: z.number().describe('milliseconds until its answer'),
      }),
    )
    .describe('the votes; members without one are in the record'),
  usage: z
    .strictObject({
      tokens_in: z.number().describe('tokens of the question, read by all members together'),
      tokens_out: z.number().describe('tokens of all answers together'),
    })
    .describe('the cost of the question: what all its members read and wrote'),
  trace_id: z.string().describe('name of its record, and under which its steps were logged'),
})

/** The way that ripple/auto takes for one kind of task and one form of a prompt. */
export const routeView = z.strictObject({
  task_type: taskType.describe('the kind of task'),
  form: evalForm.describe('whether it is asked in a chat, or as a text to be continued'),
  to: z.enum(['ensemble', 'single']).describe('whether the ensemble answers, or one model'),
  why: z.string().describe('the reason, by the score cards'),
})

/** The answer whether an agent's own card names a libp2p key. */
export const cardKeyView = z.strictObject({
  named: z.boolean().describe('whether it names the key'),
  detail: z.string().describe('the same as a sentence'),
})

/** The output of `moe card verify`: facts that the score card shows, and facts that it cannot show. */
export const cardVerdictView = z.strictObject({
  verified: z.literal(true).describe('always true: a card that fails is an error'),
  file: z.string().describe('path of the card'),
  card: signedCard.shape.card,
  public_key: z.string().describe('the libp2p key that signed'),
  shown: z.array(z.string()).describe('facts that the card shows'),
  not_shown: z.array(z.string()).describe('facts that it cannot show'),
  online: cardKeyView
    .nullable()
    .describe("whether the agent's own card names that key; null unless it was asked for"),
})
