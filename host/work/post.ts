import type { Deadlines } from '../../zomes-bindings/generated/Deadlines.ts'
import type { Placement } from '../../zomes-bindings/generated/Placement.ts'
import type { Priority } from '../../zomes-bindings/generated/Priority.ts'
import type { Requirements } from '../../zomes-bindings/generated/Requirements.ts'
import type { Sensitivity } from '../../zomes-bindings/generated/Sensitivity.ts'
import { canonicalJson } from '../codec/canonical-json.ts'
import { sha256Hex } from '../codec/digest.ts'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import type { Posted } from '../mesh/posted.ts'
import type { DataClass } from '../types/data-class.ts'
import type { ActionHash, AgentKey, EntryOf } from '../types/events.ts'
import type { InferencePayload } from '../types/inference.ts'
import { mayPost } from './ask-policy.ts'
import { stillToName } from './depend.ts'
import { type FallbackRequest, fallbackOf } from './fallback.ts'
import type { Hands } from './hands.ts'
import { headStart, type Shown } from './head-start.ts'
import { encodePayload, parametersDigest } from './payload.ts'
import type { JournalValue } from './port.ts'
import {
  refuseBadPayload,
  refuseFull,
  refuseInfeasible,
  refuseTooLong,
  refuseTooMany,
  refuseUnfit,
} from './refuse.ts'
import { sealBytes } from './seal.ts'
import { boundAnswer } from './take-tokens.ts'

/** What a client asks for. */
export interface PostRequest {
  /** The client's idempotency key, 16 to 64 bytes; null lets the daemon make one. */
  readonly key: string | null
  readonly payload: InferencePayload
  readonly model: {
    readonly name: string /** sha256 of the file, lower-case hex. */
    readonly digest: string
  }
  /** Whether the same input must give the same bytes again, for which a worker runs it with nothing beside it. */
  readonly deterministic: boolean
  readonly sensitivity: Sensitivity
  readonly requirements: Requirements
  readonly priority: Priority
  readonly placement: Placement
  readonly deadlines_ms: Deadlines
  readonly lease_ms: number
  readonly max_attempts: number
  /** Own tasks that must be accepted before this one starts, by hash. */
  readonly depends_on: readonly ActionHash[]
  /** Who may go on without this machine; null for nobody. */
  readonly fallback: FallbackRequest | null
  /** The one agent that may run it; null: whoever can. */
  readonly only: AgentKey | null
  /** Whether it is posted although no known machine, or one that is named to go on with it, can ever run it. */
  readonly force: boolean
  /** Who may see it, and the request that it is posted for: what the policy is told, and the Task does not say. */
  readonly data_class?: DataClass
  readonly trace_id?: string | null
}

/** A task as it was first asked for: kept before it is committed, so that the payload outlives any crash. */
export interface Draft {
  readonly task: EntryOf<'Task'>
  readonly salt: Uint8Array
  readonly payload: Uint8Array
  /** The one agent that may run it; kept here, because the Task does not name it. */
  readonly only: AgentKey | null
  /** All tasks that it was to wait for, where the Task does not name those of them that were met long before. */
  readonly after?: readonly ActionHash[]
}

/** Who is to hear of a post, and what may end it. */
export interface PostAbout {
  readonly lost?: AbortSignal | undefined
  readonly shown?: Shown | undefined
}

/**
 * Posts a task, or finds the one that the same key posted before. Resolves when the Task stands on the chain. The
 * same key with other content is `RIPPLE_TASK_CONFLICT`. Where `lost` tells that the conductor goes, a Task that was not
 * sent by then is not posted, and that is `RIPPLE_CONDUCTOR_DOWN`; one that was sent is looked for when it is back.
 */
export async function post(
  request: PostRequest,
  hands: Hands,
  { lost, shown }: PostAbout = {},
): Promise<ActionHash> {
  refuseBadPayload(request.payload)
  const wanted = draftOf(request, hands)
  const id = wanted.task.id
  const known = byId(hands, id)
  const draftBefore = await readDraft(id, hands)
  // A draft of a network that is not open here was never posted in this one: its session has ended.
  const kept =
    draftBefore && hands.needs.dht.dnaHashes.includes(draftBefore.task.dna_hash) ? draftBefore : null
  if (kept && contentOf(kept) !== contentOf(wanted)) throw new RippleError('RIPPLE_TASK_CONFLICT', { id })
  if (known) return known.task.hash
  refuseTooLong(wanted.task, hands.state())
  refuseTooMany(hands.state())
  const depends_on = await stillToName(wanted.task.depends_on, hands)
  if (!request.force) {
    refuseInfeasible(wanted.task, hands.state())
    if (request.fallback?.named) refuseUnfit(wanted.task, hands.state())
  }
  const draft = naming(depends_on, kept ? postedNow(kept, wanted) : wanted)
  refuseFull(draft.task, hands.state(), hands.needs.clock.now())
  await mayPost(draft.task, request, hands)
  await headStart(draft, request.payload, hands, shown)
  try {
    await hands.needs.journal.put('payloads', id, draft as unknown as JournalValue)
    if (draft.only !== null) hands.dispatch({ type: 'only_wanted', id, agent: draft.only })
    const hash = await commitTask(draft, hands, lost)
    boundAnswer(hash, request.payload, hands)
    return hash
  } catch (thrown) {
    hands.headStarts.stop(id)
    throw thrown
  }
}

async function commitTask(draft: Draft, hands: Hands, lost?: AbortSignal): Promise<ActionHash> {
  try {
    hands.failpoint('post.pre')
    const { hash } = await hands.writes.commit(draft.task, lost)
    hands.failpoint('post.committed')
    hands.record({ type: 'committed', entry: 'Task', hash, task: hash, attempt: 0 })
    // An earlier try may have landed after it was given up; the first Task of a key is the one that counts.
    return byId(hands, draft.task.id)?.task.hash ?? hash
  } catch (thrown) {
    // A key whose task was refused stays free for a mended one.
    if (toRippleError(thrown).code === 'RIPPLE_DHT_REFUSED')
      await hands.needs.journal.delete('payloads', draft.task.id)
    throw thrown
  }
}

/** What a request would be kept as. */
export function draftOf(request: PostRequest, hands: Hands): Draft {
  const { random, dht, clock } = hands.needs
  const { parameters, seed } = request.payload
  const payload = encodePayload(request.payload)
  const salt = random.bytes(sealBytes.salt)
  const task: EntryOf<'Task'> = {
    type: 'Task',
    dna_hash: dht.dnaHash,
    id: request.key ?? Buffer.from(random.bytes(16)).toString('hex'),
    class: 'inference',
    work: { type: 'model', name: request.model.name, digest: request.model.digest },
    requirements: { ...request.requirements, tags: [...request.requirements.tags] },
    payload_digest: sha256Hex(salt, payload),
    payload_bytes: payload.length,
    sensitivity: request.sensitivity,
    deterministic: request.deterministic ? { seed, parameters_digest: parametersDigest(parameters) } : null,
    deadlines_ms: { ...request.deadlines_ms },
    lease_ms: request.lease_ms,
    max_attempts: request.max_attempts,
    redundancy: 1,
    depends_on: [...request.depends_on],
    priority: request.priority,
    placement: { ...request.placement },
    fallback:
      request.fallback && fallbackOf(request.fallback, request.sensitivity, { salt, payload }, random),
    created_at: clock.now(),
  }
  return { task, salt, payload, only: request.only }
}

/** A draft that was kept and never posted: its deadlines count from now, in the epoch of now. */
function postedNow(kept: Draft, { task: { dna_hash, created_at } }: Draft): Draft {
  return { ...kept, task: { ...kept.task, dna_hash, created_at } }
}

/** A draft whose Task names these of the tasks that it is to wait for. */
function naming(depends_on: readonly ActionHash[], draft: Draft): Draft {
  const { task, after = task.depends_on } = draft
  if (depends_on.length === task.depends_on.length) return draft
  return { ...draft, after, task: { ...task, depends_on: [...depends_on] } }
}

/** Digest of what two posts must share to be the same: everything but the salt, the time and the epoch. */
export function contentOf({ task, payload, only, after = task.depends_on }: Draft): string {
  const lasting = { ...unsalted(task), depends_on: after, created_at: 0, dna_hash: '', only }
  return sha256Hex(canonicalJson(lasting), payload)
}

/**
 * A task without what differs each time that it is made: salts, and who is known to go on with it, which another peer
 * may have joined since.
 */
function unsalted(task: EntryOf<'Task'>) {
  const { fallback } = task
  const lasting = fallback && { after_ms: fallback.after_ms, allow: fallback.allow.type }
  return { ...task, payload_digest: '', fallback: lasting }
}

/** The task that a key stands for, in whichever epoch: the first one, should the key stand there twice. */
export function byId(hands: Hands, id: string): Posted | null {
  const { keys, tasks } = hands.state()
  return tasks.get(keys.get(id) ?? '') ?? null
}

/** What a task's key was first used for, or null. */
export async function readDraft(id: string, hands: Hands): Promise<Draft | null> {
  // Only `post` writes this bucket, and the journal keeps documents as they are.
  return (await hands.needs.journal.get('payloads', id)) as unknown as Draft | null
}
