/** Defines the record of one question to an ensemble. */
import { z } from 'zod'
import { taskType } from './task-type.ts'

const count = z.number().int().nonnegative()
const digest = z.string().regex(/^[0-9a-f]{64}$/)

/** A member, how it was asked, and its outcome. */
const memberRecord = z.strictObject({
  index: count.describe('its place among the members'),
  tier: z.enum(['local', 'cloud']).describe('local: a machine of the mesh; cloud: a provider'),
  model: z.string().describe('its model'),
  model_digest: digest.nullable().describe("sha256 of the model's file; null if that is unknown"),
  peer: z
    .string()
    .nullable()
    .describe('the machine that computed the answer; without an answer, the machine that was asked'),
  seed: count.describe('seed of its sampler'),
  temperature_milli: count.describe('its temperature, in thousandths'),
  weight_milli: count.describe('weight of its vote, in thousandths'),
  chosen: z
    .enum(['policy', 'fallback'])
    .describe('policy: the policy lists its model or provider; fallback: it joined in place of a listed one'),
  outcome: z
    .enum(['answered', 'unusable', 'timeout', 'failed'])
    .describe(
      "unusable: its answer could not be voted on; timeout: none within its tier's time; failed: with the code",
    ),
  code: z.string().nullable().describe('code of its error; null without one'),
  finish: z
    .enum(['stop', 'length'])
    .nullable()
    .describe('whether the answer ended by itself or at its token limit; null if that is unknown'),
  task: z.string().nullable().describe('hash of its task; null without one'),
  receipt: z.string().nullable().describe("path of that task's receipt; null without one"),
  latency_ms: count.describe(
    'milliseconds from the question to the end of the answer, or until it was abandoned',
  ),
  tokens_in: count.describe('tokens of the question'),
  tokens_out: count.describe('tokens of the answer'),
  response_hash: digest
    .nullable()
    .describe('the class that it voted for: sha256 of task type and canonical answer'),
  response_digest: digest.nullable().describe('sha256 of the unchanged answer'),
  response: z.string().nullable().describe('the answer, if the policy has answers stored'),
})

const voteClass = z.strictObject({
  hash: digest.describe('its hash, which its votes name'),
  weight_milli: count.describe('weight of its votes, in thousandths'),
  votes: count.describe('members that voted for it'),
})

const decision = z.strictObject({
  id: z.string().describe('its id in the audit file'),
  allow: z.boolean().describe('whether it allows'),
  rule: z.string().describe('the rule that decided'),
  reasons: z.array(z.string()).describe('codes of the reasons'),
  policy: z
    .strictObject({
      name: z.string().describe('its name'),
      digest: z.string().nullable().describe('sha256 of its wasm; null if that cannot be read'),
    })
    .describe('the policy that decided'),
})

/** The schema of a record without its digest. */
export const recordBody = z.strictObject({
  version: z.literal(1).describe('version of the form of a record'),
  trace_id: z
    .string()
    .regex(/^[\w.:-]{1,64}$/)
    .describe('name of the question, under which its steps were logged'),
  at: count.describe('when it was asked, in milliseconds since 1970'),
  agent: z.string().describe('agent key of the machine that asked'),
  task_type: taskType.describe('kind of the question'),
  prompt_digest: digest.describe('sha256 of the prompt'),
  policy: z
    .strictObject({ name: z.string().describe('its name'), digest: digest.describe('its sha256') })
    .describe('the policy of the ensemble'),
  mode: z
    .enum(['distinct_models', 'self_consistency'])
    .describe('whether the members are distinct models or samples of one model'),
  require_consensus: z.boolean().describe('whether nothing is merged unless enough members agree'),
  max_tokens: count.describe('most tokens of each answer'),
  members: z.array(memberRecord).describe('the members and their answers'),
  cloud: z
    .enum(['off', 'full', 'short'])
    .describe(
      'off: none configured, none was to vote, or the network allows none; short: fewer answers than the policy asks for',
    ),
  degraded: z.boolean().describe('whether the question continued with less than the policy asks for'),
  vote: z
    .strictObject({
      result: z.enum(['merged', 'flagged', 'no_consensus']).describe('the result'),
      winner: digest.nullable().describe('hash of the heaviest class; null without one'),
      agreement: z
        .number()
        .min(0)
        .max(1)
        .describe('weight of the heaviest class, divided by the weight of all that answered'),
      min_agreement: z.number().describe('agreement that the policy asks for'),
      classes: z.array(voteClass).describe('the classes of equal answers'),
    })
    .describe('the vote'),
  ended: z
    .string()
    .optional()
    .describe('code of an end before anything was merged, such as a client that left; left out without one'),
  eval_gate: z
    .enum(['off', 'passed', 'failed', 'no_card'])
    .describe('whether a score card admits the ensemble for this question'),
  decision: decision.nullable().describe('decision of the policy merge; null if there was nothing to merge'),
  response: z.string().nullable().describe('the merged answer; null if nothing was merged'),
  response_digest: digest.nullable().describe('sha256 of the merged answer; null if nothing was merged'),
  wall_ms: count.describe('milliseconds that the question took'),
})

/** The schema of a record; `sha256` covers the canonical JSON of all other fields. */
export const ensembleRecord = recordBody.extend({
  sha256: digest.describe('sha256 of the canonical JSON of all other fields'),
})

/** The record of one question to an ensemble. */
export type EnsembleRecord = z.output<typeof ensembleRecord>
/** The same without its digest. */
export type RecordBody = z.output<typeof recordBody>
/** The record of one member. */
export type MemberRecord = EnsembleRecord['members'][number]
