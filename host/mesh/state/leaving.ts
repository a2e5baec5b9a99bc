/** Tells what keeps an epoch open, and removes an epoch that was left from the state. */
import type { ActionHash, DnaHash } from '../../types/events.ts'
import { isProven } from './held.ts'
import { type MeshState, withoutKey } from './state.ts'

/**
 * Returns the hashes of the tasks and grants that keep an epoch open. These are own tasks in the state, and proven held
 * grants. A grant whose task has not arrived yet may belong to any epoch.
 */
export function heldOpenBy(state: MeshState, dna: DnaHash): ActionHash[] {
  const own = [...state.open.values(), ...state.closed.values()].filter(
    ({ task }) => task.entry.dna_hash === dna,
  )
  const held = [...state.held.values()].filter(
    (one) => isProven(one) && (one.taskEvent?.entry.dna_hash ?? dna) === dna,
  )
  return [...own.map(({ task }) => task.hash), ...held.map(({ grant }) => grant)]
}

/** Returns the state without an epoch that was left. */
export function withoutEpoch(state: MeshState, dna: DnaHash): MeshState {
  return { ...state, heads: withoutKey(state.heads, dna), reserved: withoutKey(state.reserved, dna) }
}
