import type { ActionHash, DnaHash } from '../types/events.ts'
import { isProven } from './held.ts'
import type { Posted } from './posted.ts'
import { type MeshState, withoutKey } from './state.ts'

/** Own tasks of an epoch. */
export function tasksOf(state: MeshState, dna: DnaHash): Posted[] {
  return [...state.tasks.values()].filter(({ task }) => task.entry.dna_hash === dna)
}

/**
 * What keeps an epoch open, by hash: own tasks that are not closed, or that one which is not closed waits for; and grants
 * held that are more than somebody's word. A grant whose task has not arrived yet may be of any epoch.
 */
export function heldOpenBy(state: MeshState, dna: DnaHash): ActionHash[] {
  const needed = new Set([...state.open.values()].flatMap(({ task }) => task.entry.depends_on))
  const own = tasksOf(state, dna).filter(({ task, close }) => !close || needed.has(task.hash))
  const held = [...state.held.values()].filter(
    (one) => isProven(one) && (one.taskEvent?.entry.dna_hash ?? dna) === dna,
  )
  return [...own.map(({ task }) => task.hash), ...held.map(({ grant }) => grant)]
}

/** The state without an epoch that was left: none of its tasks is open. */
export function withoutEpoch(state: MeshState, dna: DnaHash): MeshState {
  const gone = tasksOf(state, dna).map(({ task }) => task)
  const tasks = gone.reduce((rest, { hash }) => withoutKey(rest, hash), state.tasks)
  // A twin in an epoch that stays must go on to find that its key is another's.
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
