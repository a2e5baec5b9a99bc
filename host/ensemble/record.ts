import { z } from 'zod'
import { canonicalJson } from '../codec/canonical-json.ts'
import { sha256Hex } from '../codec/digest.ts'
import type { Json } from '../types/json.ts'
import { taskType } from '../types/task-type.ts'

const count = z.number().int().nonnegative()
const digest = z.string().regex(/^[0-9a-f]{64}$/)

/** A member, how it was asked, and what became of that. */
const memberRecord = z.strictObject({
  index: count,
  tier: z.enum(['local', 'cloud']),
  model: z.string(),
  model_digest: digest.nullable(),
  /** Who computed it; where nobody has answered, who was asked. */
  peer: z.string().nullable(),
  seed: count,
  temperature_milli: count,
  weight_milli: count,
  chosen: z.enum(['policy', 'fallback']),
  /**
   * `answered`; `unusable`: it answered nothing that could be voted on; `timeout`: not within its tier's time; `failed`: with
   * the code.
   */
  outcome: z.enum(['answered', 'unusable', 'timeout', 'failed']),
  code: z.string().nullable(),
  /** Whether the answer ended by itself or at its most tokens; null where nobody has said. */
  finish: z.enum(['stop', 'length']).nullable(),
  /** Hash of its Task, and the path of that task's receipt, where there are such. */
  task: z.string().nullable(),
  receipt: z.string().nullable(),
  /** From the question to the end of the answer, or to when it was given up, in milliseconds. */
  latency_ms: count,
  tokens_in: count,
  tokens_out: count,
  /** The class that it voted for: sha256 of the kind of task and the canonical answer. */
  response_hash: digest.nullable(),
  /** sha256 of the answer as it is. */
  response_digest: digest.nullable(),
  /** The answer, as far as the policy has answers stored. */
  response: z.string().nullable(),
})

const voteClass = z.strictObject({ hash: digest, weight_milli: count, votes: count })

const decision = z.strictObject({
  id: z.string(),
  allow: z.boolean(),
  rule: z.string(),
  reasons: z.array(z.string()),
  policy: z.strictObject({ name: z.string(), digest: z.string().nullable() }),
})

const recordBody = z.strictObject({
  version: z.literal(1),
  trace_id: z.string().regex(/^[\w.:-]{1,64}$/),
  at: count,
  /** Whose machine asked. */
  agent: z.string(),
  task_type: taskType,
  prompt_digest: digest,
  policy: z.strictObject({ name: z.string(), digest }),
  mode: z.enum(['distinct_models', 'self_consistency']),
  require_consensus: z.boolean(),
  max_tokens: count,
  members: z.array(memberRecord),
  /** `off`: none is configured, none was to vote, or the network allows none; `short`: fewer answered than the policy asks for. */
  cloud: z.enum(['off', 'full', 'short']),
  /** Whether it went on without what the policy asks for. */
  degraded: z.boolean(),
  vote: z.strictObject({
    result: z.enum(['merged', 'flagged', 'no_consensus']),
    winner: digest.nullable(),
    /** Weight of the heaviest class over that of all that answered. */
    agreement: z.number().min(0).max(1),
    min_agreement: z.number(),
    classes: z.array(voteClass),
  }),
  /** The code of what ended it before anything was merged, such as that the client went away; left out where nothing did. */
  ended: z.string().optional(),
  eval_gate: z.enum(['off', 'passed', 'failed', 'no_card']),
  /** What the policy `inference/merge` said; null where there was nothing to merge. */
  decision: decision.nullable(),
  /** What was merged, and its digest; null where nothing was. */
  response: z.string().nullable(),
  response_digest: digest.nullable(),
  wall_ms: count,
})

/** What is kept of one question to an ensemble; `sha256` is that of the canonical JSON of all the rest. */
export const ensembleRecord = recordBody.extend({ sha256: digest })

/** What is kept of one question to an ensemble. */
export type EnsembleRecord = z.output<typeof ensembleRecord>
/** The same without its digest. */
export type RecordBody = z.output<typeof recordBody>
/** What became of a member. */
export type MemberRecord = EnsembleRecord['members'][number]

/** Adds the digest. Pure. */
export function sealRecord(body: RecordBody): EnsembleRecord {
  return { ...body, sha256: digestOf(body) }
}

/** Reads a record again; null for text that is none, or whose digest is not that of its content. Pure. */
export function readRecord(text: string): EnsembleRecord | null {
  try {
    const { sha256, ...body } = ensembleRecord.parse(JSON.parse(text))
    return digestOf(body) === sha256 ? { ...body, sha256 } : null
  } catch {
    return null
  }
}

/** A record as its file holds it. Pure. */
export function recordText(record: EnsembleRecord): string {
  return `${canonicalJson(record as unknown as Json)}\n`
}

function digestOf(body: RecordBody): string {
  return sha256Hex(canonicalJson(body as unknown as Json))
}
