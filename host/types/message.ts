import { z } from 'zod'
import { SECRET_BYTES } from '../../zomes-bindings/generated/limits.ts'
import { limits } from '../limits.ts'
import { presenceSchema } from './presence.ts'

/** Most tasks that one answer to `open_tasks` names. */
export const openTasksMax = 256

const hash = z.string().regex(/^uhC[0-9A-Za-z_-]{50}$/)
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array)
const bytesUpTo = (max: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= max)
/** A piece of an answer is what an engine gives in a fraction of a second. */
const piece = z.string().max(65_536)
const count = z.number().int().nonnegative()

/**
 * Why a peer does not take a task (wire names; every refusal carries one). A peer says these of itself; `offline`
 * (not heard of lately) and `excluded` (its result for this task was rejected) are the poster's findings about it.
 */
export const refusalCodes = [
  'model_missing',
  'memory_short',
  'disk_short',
  'cpu_short',
  'gpu_short',
  'vram_short',
  'tag_missing',
  'class_unsupported',
  'busy',
  'chain_full',
  'draining',
  'policy_refuses',
  'task_unknown',
  'offline',
  'excluded',
] as const

/** Why a peer does not take a task. */
export type RefusalCode = (typeof refusalCodes)[number]

/**
 * Messages of the task protocol. Each names the task by its action hash; those after a grant carry its attempt, so
 * that a late one is recognised. `to poster` and `to worker` say who may receive it.
 */
export const messageSchema = z.discriminatedUnion('type', [
  /** To worker: would you run this? */
  z.strictObject({ type: z.literal('offer'), task: hash, rank: count, lease_ms: count }),
  /** To poster: yes, grant it to me. Also sent unasked, after `open_tasks`. */
  z.strictObject({ type: z.literal('claim'), task: hash }),
  /** To poster: no, and why. */
  z.strictObject({
    type: z.literal('refuse'),
    task: hash,
    code: z.enum(refusalCodes),
    policy_hash: z.string().nullable(),
    /** The poster asks this peer nothing before; null where time alone changes nothing. */
    retry_after_ms: count.nullable(),
  }),
  /** To worker: it is yours under this grant. */
  z.strictObject({ type: z.literal('granted'), task: hash, grant: hash, attempt: count }),
  /** To worker: another has it; the claim that you made holds no place any more. */
  z.strictObject({ type: z.literal('taken'), task: hash }),
  /** To poster: send me the payload of my grant. */
  z.strictObject({ type: z.literal('payload_request'), task: hash, grant: hash, attempt: count }),
  /** To worker, and only to the grantee. */
  z.strictObject({ type: z.literal('payload'), task: hash, attempt: count, salt: bytes, payload: bytes }),
  /** To poster: running. */
  z.strictObject({ type: z.literal('started'), task: hash, attempt: count }),
  /** To poster: still at it; renews the lease. */
  z.strictObject({ type: z.literal('progress'), task: hash, attempt: count, tokens_out: count }),
  /** To poster: a piece of the answer, numbered from 0; renews the lease. */
  z.strictObject({ type: z.literal('tokens'), task: hash, attempt: count, index: count, text: piece }),
  /** To poster: my Result is on my chain; key and salt open its output. */
  z.strictObject({
    type: z.literal('result'),
    task: hash,
    attempt: count,
    result: hash,
    salt: bytesUpTo(SECRET_BYTES).nullable(),
    key: bytesUpTo(SECRET_BYTES).nullable(),
    /** The FallbackClaim that it was made under; null for a Grant. */
    claim: hash.nullable(),
  }),
  /** To whoever may hold a task whose poster is away: do you run it? Answered with `runs`, or not at all. */
  z.strictObject({ type: z.literal('who_runs'), task: hash }),
  /** To a stand-in that asks, and to a poster that is back: I run it, under this FallbackClaim or (null) a Grant. */
  z.strictObject({ type: z.literal('runs'), task: hash, claim: hash.nullable() }),
  /** To poster: I give it back. */
  z.strictObject({ type: z.literal('released'), task: hash, attempt: count, reason: z.enum(refusalCodes) }),
  /** To worker: the task has ended. */
  z.strictObject({ type: z.literal('closed'), task: hash, close: hash }),
  /** To poster: what do you have to do that was posted after this time of your clock, in milliseconds? */
  z.strictObject({ type: z.literal('open_tasks'), cursor: count }),
  /** To worker: these are open; ask again from `cursor`. */
  z.strictObject({
    type: z.literal('open_tasks_are'),
    tasks: z.array(hash).max(openTasksMax),
    cursor: count,
  }),
  /** Of no task: send me this event, which you wrote or hold. Answered with `event`, or not at all. */
  z.strictObject({ type: z.literal('event_request'), hash }),
  /** Of no task: an event that you asked for, as its author signed it; its hash is that of the action's bytes. */
  z.strictObject({
    type: z.literal('event'),
    action: bytesUpTo(limits.event_action_bytes_max),
    entry: bytesUpTo(limits.event_entry_bytes_max),
    signature: bytesUpTo(limits.event_signature_bytes),
  }),
  /** Of no task: do you hold actions of mine that follow these heads of my chains? */
  z.strictObject({
    type: z.literal('heads'),
    chains: z.array(z.strictObject({ dna: hash, head: hash })).max(limits.heads_named_max),
  }),
  /** Of no task: the last action of yours that follows each head, as far as I hold one. */
  z.strictObject({
    type: z.literal('heads_ahead'),
    chains: z.array(z.strictObject({ dna: hash, ahead: hash.nullable() })).max(limits.heads_named_max),
  }),
  /** Of no task: I am there, and this is how I am. It brings no card: whoever takes my stream has mine. */
  z.strictObject({ type: z.literal('present'), presence: presenceSchema }),
])

/** A message of the task protocol. */
export type Message = z.infer<typeof messageSchema>
