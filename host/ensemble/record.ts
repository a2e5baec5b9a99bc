/** Defines the record of one question to an ensemble. */
import { z } from 'zod'
import { canonicalJson } from '../codec/canonical-json.ts'
import { sha256Hex } from '../codec/digest.ts'
import type { Json } from '../types/json.ts'
import { taskType } from '../types/task-type.ts'

const count = z.number().int().nonnegative()
const digest = z.string().regex(/^[0-9a-f]{64}$/)

/** A member, how it was asked, and its outcome. */
const memberRecord = z.strictObject({
  index: count,
  tier: z.enum(['local', 'cloud']),
  model: z.string(),
  model_digest: digest.nullable(),
  /** The machine that computed the answer; without an answer, the machine that was asked. */
  peer: z.string().nullable(),
  seed: count,
  temperature_milli: count,
  weight_milli: count,
  chosen: z.enum(['policy', 'fallback']),
  /**
   * `answered`; `unusable`: its answer could not be voted on; `timeout`: none within its tier's time; `failed`: with the
   * code.
   */
  outcome: z.enum(['answered', 'unusable', 'timeout', 'failed']),
  code: z.string().nullable(),
  /** Whether the answer ended by itself or at its token limit; null if that is unknown. */
  finish: z.enum(['stop', 'length']).nullable(),
  /** The hash of its Task, and the path of that task's receipt, if they exist. */
  task: z.string().nullable(),
  receipt: z.string().nullable(),
  /** Milliseconds from the question to the end of the answer, or until it was abandoned. */
  latency_ms: count,
  tokens_in: count,
  tokens_out: count,
  /** The class that it voted for: sha256 of task type and canonical answer. */
  response_hash: digest.nullable(),
  /** The sha256 of the unchanged answer. */
  response_digest: digest.nullable(),
  /** The answer, if the policy has answers stored. */
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
  /** The agent of the machine that asked. */
  agent: z.string(),
  task_type: taskType,
  prompt_digest: digest,
  policy: z.strictObject({ name: z.string(), digest }),
  mode: z.enum(['distinct_models', 'self_consistency']),
  require_consensus: z.boolean(),
  max_tokens: count,
  members: z.array(memberRecord),
  /** `off`: none configured, none was to vote, or the network allows none; `short`: fewer answers than the policy asks for. */
  cloud: z.enum(['off', 'full', 'short']),
  /** Whether the question continued with less than the policy asks for. */
  degraded: z.boolean(),
  vote: z.strictObject({
    result: z.enum(['merged', 'flagged', 'no_consensus']),
    winner: digest.nullable(),
    /** The weight of the heaviest class, divided by the weight of all that answered. */
    agreement: z.number().min(0).max(1),
    min_agreement: z.number(),
    classes: z.array(voteClass),
  }),
  /** The code of an end before anything was merged, such as a client that left; left out without one. */
  ended: z.string().optional(),
  eval_gate: z.enum(['off', 'passed', 'failed', 'no_card']),
  /** The decision of the policy `inference/merge`; null if there was nothing to merge. */
  decision: decision.nullable(),
  /** The merged answer and its digest; null if nothing was merged. */
  response: z.string().nullable(),
  response_digest: digest.nullable(),
  wall_ms: count,
})

/** The schema of a record; `sha256` covers the canonical JSON of all other fields. */
export const ensembleRecord = recordBody.extend({ sha256: digest })

/** The record of one question to an ensemble. */
export type EnsembleRecord = z.output<typeof ensembleRecord>
/** The same without its digest. */
export type RecordBody = z.output<typeof recordBody>
/** The record of one member. */
export type MemberRecord = EnsembleRecord['members'][number]

/** Adds the digest to a record. Pure. */
export function sealRecord(body: RecordBody): EnsembleRecord {
  return { ...body, sha256: digestOf(body) }
}

/** Parses a record; null for other text, or if the digest does not match the content. Pure. */
export function readRecord(text: string): EnsembleRecord | null {
  try {
    const { sha256, ...body } = ensembleRecord.parse(JSON.parse(text))
    return digestOf(body) === sha256 ? { ...body, sha256 } : null
  } catch {
    return null
  }
}

/** Returns a record as its file holds it. Pure. */
export function recordText(record: EnsembleRecord): string {
  return `${canonicalJson(record as unknown as Json)}\n`
}

function digestOf(body: RecordBody): string {
  return sha256Hex(canonicalJson(body as unknown as Json))
}
