/** Defines the draft of a task: the request as it was first made, which the journal has before the Task is written. */
import { canonicalJson } from '../../codec/canonical-json.ts'
import { sha256Hex } from '../../codec/digest.ts'
import type { ActionHash, AgentKey, EntryOf } from '../../types/events.ts'
import type { LoopContext, WorkContext } from '../context/context.ts'

/** A task as it was first requested: persisted before it is committed, so that the payload survives any crash. */
export interface Draft {
  readonly task: EntryOf<'Task'>
  readonly salt: Uint8Array
  readonly payload: Uint8Array
  /** The only agent that may run it; stored here, because the Task does not name it. */
  readonly only: AgentKey | null
  /** The agents that may not run it; absent without one. */
  readonly except?: readonly AgentKey[]
  /** All tasks that it depends on, where the Task leaves out those that were met long before. */
  readonly after?: readonly ActionHash[]
}

/** Returns the digest that equal posts share. It covers everything except the salt, the time and the epoch. */
export function contentOf({ task, payload, only, except, after = task.depends_on }: Draft): string {
  const lasting = { ...unsalted(task), depends_on: after, created_at: 0, dna_hash: '', only }
  return sha256Hex(canonicalJson(except ? { ...lasting, except: [...except] } : lasting), payload)
}

/**
 * Returns a Task without the parts that differ each time: salts, and the known stand-ins, which another peer may have
 * joined since.
 */
function unsalted(task: EntryOf<'Task'>) {
  const { fallback } = task
  const lasting = fallback && { after_ms: fallback.after_ms, allow: fallback.allow.type }
  return { ...task, payload_digest: '', fallback: lasting }
}

/** Returns the draft that an open task's key was first used for, or null. */
export async function readDraft(id: string, context: WorkContext): Promise<Draft | null> {
  // Only `post` writes this bucket, and the journal keeps documents as they are.
  return (await context.needs.journal.get('payloads', id)) as unknown as Draft | null
}

/** Adds to the state which machines may run the task of a draft. */
export function wantMachines(
  { task: { id }, only, except }: Draft,
  { dispatch }: Pick<LoopContext, 'dispatch'>,
): void {
  if (only !== null) dispatch({ type: 'only_wanted', id, agent: only })
  if (except) dispatch({ type: 'except_wanted', id, agents: except })
}
