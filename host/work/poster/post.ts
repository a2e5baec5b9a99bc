/** Posts tasks. */
import { sha256Hex } from '../../codec/digest.ts'
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import type { ActionHash, EntryOf } from '../../types/events.ts'
import type { EarlyContext, WorkContext } from '../context/context.ts'
import { encodePayload, parametersDigest } from '../context/payload.ts'
import { sealBytes } from '../context/seal.ts'
import type { JournalValue } from '../journal/port.ts'
import { contentOf, type Draft, readDraft, wantMachines } from '../records/draft.ts'
import { readContent, readTask } from '../records/task-record.ts'
import { boundAnswer } from './accept-tokens.ts'
import { mayPost } from './ask-policy.ts'
import { headStart, type Shown } from './begin-early.ts'
import { stillToName } from './depend.ts'
import { fallbackOf } from './fallback.ts'
import {
  refuseBadPayload,
  refuseFull,
  refuseInfeasible,
  refuseTooLong,
  refuseTooMany,
  refuseUnfit,
} from './refuse.ts'
import type { TaskSpec } from './task-spec.ts'

/** The signal that may end a post, and the callback for its first text. */
export interface PostAbout {
  readonly lost?: AbortSignal | undefined
  readonly shown?: Shown | undefined
}

/**
 * Posts a task, or finds the one that the same key posted before. Resolves when the Task stands on the chain. Rejects
 * with `RIPPLE_TASK_CONFLICT` for the same key with other content. `lost` is aborted when the conductor stops. A Task
 * that was not sent by then is not posted, and rejects with `RIPPLE_CONDUCTOR_DOWN`. A Task that was sent is looked for
 * when the conductor is back.
 */
export async function post(
  request: TaskSpec,
  context: EarlyContext,
  { lost, shown }: PostAbout = {},
): Promise<ActionHash> {
  refuseBadPayload(request.payload)
  const wanted = draftOf(request, context)
  const id = wanted.task.id
  const known = await readTask(id, context)
  const draftBefore = known ? null : await readDraft(id, context)
  // A draft of a network that is not open here was never posted in this one: its session has ended.
  const kept =
    draftBefore && context.needs.dht.dnaHashes.includes(draftBefore.task.dna_hash) ? draftBefore : null
  const content = known ? await readContent(id, context) : kept && contentOf(kept)
  if (content !== null && content !== contentOf(wanted)) throw new RippleError('RIPPLE_TASK_CONFLICT', { id })
  if (known) return known.view.task
  refuseTooLong(wanted.task, context.state())
  refuseTooMany(context.state())
  const depends_on = await stillToName(wanted.task.depends_on, context)
  if (!request.force) {
    refuseInfeasible(wanted.task, context.state())
    if (request.fallback?.named) refuseUnfit(wanted.task, context.state())
  }
  const draft = naming(depends_on, kept ? postedNow(kept, wanted) : wanted)
  refuseFull(draft.task, context.state(), context.needs.clock.now())
  await mayPost(draft.task, request, context)
  await headStart(draft, request.payload, context, shown)
  try {
    await context.needs.journal.put('payloads', id, draft as unknown as JournalValue)
    wantMachines(draft, context)
    const hash = await commitTask(draft, context, lost)
    boundAnswer(hash, request.payload, context)
    return hash
  } catch (thrown) {
    context.headStarts.stop(id)
    throw thrown
  }
}

async function commitTask(draft: Draft, context: EarlyContext, lost?: AbortSignal): Promise<ActionHash> {
  try {
    context.failpoint('post.pre')
    const { hash } = await context.writes.commit(draft.task, lost)
    context.failpoint('post.committed')
    context.record({ type: 'committed', entry: 'Task', hash, task: hash, attempt: 0 })
    // An earlier try may have landed after it was given up; the first Task of a key is the one that counts.
    return context.state().keys.get(draft.task.id) ?? hash
  } catch (thrown) {
    // A key whose task was refused stays free for a corrected one.
    if (toRippleError(thrown).code === 'RIPPLE_DHT_REFUSED')
      await context.needs.journal.delete('payloads', draft.task.id)
    throw thrown
  }
}

/** Returns the draft of a request. */
export function draftOf(request: TaskSpec, context: WorkContext): Draft {
  const { random, dht, clock } = context.needs
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
  const { only, except = [] } = request
  return { task, salt, payload, only, ...(except.length > 0 ? { except: [...except].sort() } : {}) }
}

/** Returns a draft that was stored and never posted, with its deadlines from now and in the current epoch. */
function postedNow(kept: Draft, { task: { dna_hash, created_at } }: Draft): Draft {
  return { ...kept, task: { ...kept.task, dna_hash, created_at } }
}

/** Returns the draft with a Task that names only these dependencies. */
function naming(depends_on: readonly ActionHash[], draft: Draft): Draft {
  const { task, after = task.depends_on } = draft
  if (depends_on.length === task.depends_on.length) return draft
  return { ...draft, after, task: { ...task, depends_on: [...depends_on] } }
}
