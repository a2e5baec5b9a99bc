/** Reads own tasks: open ones from the state, closed ones from the journal, which gets the record of each at its Close. */
import type { PastEnd, Posted, ResultSeen } from '../../mesh/state/posted.ts'
import { type MeshState, ownTask } from '../../mesh/state/state.ts'
import { type TaskView, viewTask } from '../../mesh/view/view.ts'
import { refusersOf, type TaskWhy } from '../../mesh/view/why.ts'
import { retried } from '../../telemetry/history.ts'
import type { ActionHash, AgentKey, DnaHash, MeshEvent, Millis } from '../../types/events.ts'
import type { PeerContext, WorkContext } from '../context/context.ts'
import type { Journal, JournalChange, JournalValue } from '../journal/port.ts'
import { contentOf, type Draft, readDraft } from './draft.ts'
import { journaledPrefix, prefixKey } from './prefix.ts'
import { receivedUsage } from './usage.ts'

/** Records that are read in one go, and tasks that are recorded or left in one transaction: each blocks all else. */
const readAtOnce = 128
export const tasksAtOnce = 32

/** An own task, open or closed, without its payload. */
export interface OwnTask {
  readonly view: TaskView
  /** The DNA of its epoch; absent in the records of older versions. */
  readonly dna?: DnaHash
  /** The peers that refused it, for a closed task; absent in the records of older versions. */
  readonly peers?: TaskWhy['peers']
}

/** The journal's record of a closed task. */
interface TaskRecord extends OwnTask {
  /** Digest of the content that its key was used for; null where that was lost. */
  readonly content: string | null
}

/** The data that reveals a task's payload and accepted output. The journal has it until the task's epoch is left. */
export interface Reveal {
  /** Null where it was lost, and for the later one of two tasks with one key. */
  readonly draft: Draft | null
  /** The accepted result; null without one, and where its salt and key were lost. */
  readonly accepted: ResultSeen | null
  /** The text that the last attempt continued; empty where it started from the beginning. */
  readonly prefix: string
}

/** Returns an own task by its hash or by the client's key; null for any other. */
export async function readTask(task: string, context: WorkContext): Promise<OwnTask | null> {
  const posted = postedOf(task, context.state())
  return posted ? ownTaskOf(posted, context) : readRecord(task, context.needs.journal)
}

/** Returns the digest of the content that an own task's key was used for; null where that was lost. */
export async function readContent(task: string, context: WorkContext): Promise<string | null> {
  const posted = postedOf(task, context.state())
  if (!posted) return (await readRecord(task, context.needs.journal))?.content ?? null
  const draft = await readDraft(posted.task.entry.id, context)
  return draft && contentOf(draft)
}

/** Returns an own task that the state has, by its hash or by the client's key. */
export function postedOf(task: string, state: MeshState): Posted | undefined {
  return ownTask(state, task) ?? ownTask(state, state.keys.get(task) ?? '')
}

/** Returns the data that reveals an own task; null for any other, and after its epoch was left. */
export async function readReveal(task: string, context: WorkContext): Promise<Reveal | null> {
  const posted = postedOf(task, context.state())
  const made = posted ? await revealOf(posted, context) : null
  if (made?.draft) return made
  const record = await readTask(task, context)
  return (
    record && ((await context.needs.journal.get('reveals', revealKey(record))) as unknown as Reveal | null)
  )
}

/** Returns the newest closed tasks by their time of posting, newest first, and at most `most`. */
export async function newestClosed(most: number, context: WorkContext): Promise<TaskRecord[]> {
  const { journal, clock } = context.needs
  const records: TaskRecord[] = []
  for (const [place, [, task]] of (await journal.last('past_times', most)).entries()) {
    // A read from disk blocks all else, so the leases of local runs are renewed between two batches.
    if (place > 0 && place % readAtOnce === 0) await clock.sleep(1, context.signal)
    const record = await readRecord(String(task), journal)
    if (record !== null) records.push(record)
  }
  return records
}

/** Returns the hashes of closed tasks whose key or hash begins with `prefix`: two at most, because more tell no more. */
export async function closedBeginning(prefix: string, { needs }: WorkContext): Promise<ActionHash[]> {
  const kept = await needs.journal.beginning('past', prefix, 2)
  return [...new Set(kept.map(([, value]) => hashIn(value)))]
}

/** Maps each Task that is recorded, or whose key a recorded task has, to the hash of the recorded task. */
export async function recordedOf(
  events: readonly MeshEvent[],
  journal: Journal,
): Promise<Map<ActionHash, ActionHash>> {
  const known = new Map<ActionHash, ActionHash>()
  for (const { hash, entry } of events) {
    if (entry.type !== 'Task') continue
    const kept = (await journal.get('past', hash)) ?? (await journal.get('past', entry.id))
    if (kept !== null) known.set(hash, hashIn(kept))
  }
  return known
}

/** Records how closed tasks ended, in one transaction, and removes them from the state. */
export async function recordTasks(tasks: readonly ActionHash[], context: WorkContext): Promise<void> {
  const changes = await Promise.all(tasks.map((task) => recording(task, context)))
  await context.needs.journal.batch(changes.flat())
  for (const task of tasks) context.dispatch({ type: 'recorded', task })
}

/** Reads how the closed tasks ended that an own task names. */
export async function recall(
  task: ActionHash,
  named: readonly ActionHash[],
  context: WorkContext,
): Promise<void> {
  for (const one of named) {
    const view = (await readTask(one, context))?.view
    if (!view?.close) continue
    const end = {
      outcome: view.state as PastEnd['outcome'],
      at: view.times.closed_at ?? view.times.posted_at,
    }
    context.dispatch({ type: 'recalled', task, named: one, end })
  }
}

/**
 * Notifies a peer that a task has ended which the state does not have. Otherwise a worker that missed the Close, or is
 * back after days, would repeat its message. A peer that gets no answer repeats it.
 */
export async function sendClosed(to: AgentKey, task: ActionHash, context: PeerContext): Promise<void> {
  if (!context.serving.take(to)) return
  try {
    const close = (await readRecord(task, context.needs.journal))?.view.close
    if (close) await context.send(to, { type: 'closed', task, close })
  } catch (thrown) {
    if (!context.signal.aborted) context.record(retried('tell how a task ended', thrown))
  } finally {
    context.serving.release(to)
  }
}

/** Returns the journal's key for the data that reveals a task: those of one epoch begin alike. */
export function revealKey({ view, dna }: OwnTask): string {
  return `${dna}/${view.task}`
}

async function readRecord(task: string, journal: Journal): Promise<TaskRecord | null> {
  const kept = await journal.get('past', task)
  // A key is stored with its task's hash; older journals hold the whole record under both. Only `recordTasks` writes this
  // bucket, and the journal keeps documents as they are.
  return (typeof kept === 'string' ? await journal.get('past', kept) : kept) as unknown as TaskRecord | null
}

function hashIn(kept: JournalValue): ActionHash {
  return typeof kept === 'string' ? kept : (kept as unknown as TaskRecord).view.task
}

function ownTaskOf(posted: Posted, context: WorkContext): OwnTask {
  const state = context.state()
  const view = viewTask(state, posted, context.needs.clock.now())
  return { view, dna: posted.task.entry.dna_hash, peers: posted.close ? refusersOf(state, posted) : [] }
}

async function revealOf(posted: Posted, context: WorkContext): Promise<Reveal> {
  const { task, grants, close, results } = posted
  const result = close?.entry.result ?? null
  return {
    draft: await readDraft(task.entry.id, context),
    accepted: [...results.values()].find(({ event }) => event?.hash === result) ?? null,
    prefix: await journaledPrefix(task.hash, grants.at(-1)?.entry.attempt ?? 0, context),
  }
}

/** Returns the changes that record one task and delete its other entries from the journal. */
async function recording(task: ActionHash, context: WorkContext): Promise<JournalChange[]> {
  const named = context.state().closed.get(task)?.task.entry.depends_on ?? []
  await recall(task, named, context)
  const posted = context.state().closed.get(task)
  if (!posted) return []
  const { entry, at } = posted.task
  const reveal = await revealOf(posted, context)
  const content = reveal.draft && contentOf(reveal.draft)
  const record: TaskRecord = { ...ownTaskOf(posted, context), content }
  const usage = receivedUsage(record.view)
  // Documents all the way down, as the journal wants them; the types say so only field by field.
  const put = (bucket: JournalChange['bucket'], key: string, value: unknown) =>
    ({ type: 'put', bucket, key, value: value as JournalValue }) as const
  return [
    put('past', task, record),
    put('past_times', timeKey(at, task), task),
    put('reveals', revealKey(record), reveal),
    ...(usage === null ? [] : [usage]),
    ...(await keyOf(entry.id, task, context)),
    ...[...posted.results.keys()].map((key) => ({ type: 'delete', bucket: 'secrets', key }) as const),
    ...posted.grants.map(
      (grant) => ({ type: 'delete', bucket: 'prefixes', key: prefixKey(task, grant.entry.attempt) }) as const,
    ),
  ]
}

/**
 * Returns the changes that record a task's key and delete the draft under it. A key that is there twice belongs to its
 * older task: an open one still needs the draft, and a recorded one has the key already.
 */
async function keyOf(id: string, task: ActionHash, context: WorkContext): Promise<JournalChange[]> {
  if ((context.state().keys.get(id) ?? task) !== task) return []
  const isKept = (await context.needs.journal.get('past', id)) !== null
  return [
    ...(isKept ? [] : [{ type: 'put', bucket: 'past', key: id, value: task } as const]),
    { type: 'delete', bucket: 'payloads', key: id },
  ]
}

/** Returns the key that orders a task's hash by time. */
export function timeKey(at: Millis, task: ActionHash): string {
  return `${String(at).padStart(16, '0')} ${task}`
}
