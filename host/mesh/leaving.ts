/** Tells what keeps an epoch open, and removes an epoch that was left from the state. */
import type { ActionHash, DnaHash } from '../types/events.ts'
import { isProven } from './held.ts'
import type { Posted } from './posted.ts'
import { type MeshState, withoutKey } from './state.ts'

/** Returns the own tasks of an epoch. */
export function tasksOf(state: MeshState, dna: DnaHash): Posted[] {
  return [...state.tasks.values()].filter(({ task }) => task.entry.dna_hash === dna)
}

/**
 * Returns the hashes of the tasks and grants that keep an epoch open. These are own open tasks, own tasks that an open task
 * depends on, and proven held grants. A grant whose task has not arrived yet may belong to any epoch.
 */
export function heldOpenBy(state: MeshState, dna: DnaHash): ActionHash[] {
  const needed = new Set([...state.open.values()].flatMap(({ task }) => task.entry.depends_on))
  const own = tasksOf(state, dna).filter(({ task, close }) => !close || needed.has(task.hash))
  const held = [...state.held.values()].filter(
    (one) => isProven(one) && (one.taskEvent?.entry.dna_hash ?? dna) === dna,
  )
  return [...own.map(({ task }) => task.hash), ...held.map(({ grant }) => grant)]
}

/** Returns the state without an epoch that was left, which has no open tasks. */
export function withoutEpoch(state: MeshState, dna: DnaHash): MeshState {
  const gone = tasksOf(state, dna).map(({ task }) => task)
  const tasks = gone.reduce((rest, { hash }) => withoutKey(rest, hash), state.tasks)
  // A twin in a remaining epoch must still find that its key belongs to another task.
  const used = new Set([...tasks.values()].map(({ task }) => task.entry.id))
  const unused = gone.map(({ entry }) => entry.id).filter((id) => !used.has(id))
  return {
    ...state,
    tasks,
    keys: unused.reduce((rest, id) => withoutKey(rest, id), state.keys),
    heads: withoutKey(state.heads, dna),
    reserved: withoutKey(state.reserved, dna),
  }
}
