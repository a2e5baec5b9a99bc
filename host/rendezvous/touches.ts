/** Finds the subjects of the rendezvous whose plan a change touches. */
import { changedKeys } from '../planning/persistent-map.ts'
import type { Subject, Touches } from '../planning/planner.ts'
import { type RendezvousState, sightingOf } from './state.ts'

/** Finds touched subjects. It keeps no index. */
export const rendezvousTouches: Touches<RendezvousState> = {
  rang: () => [],
  /** Puts the own server and forwarder first. */
  order: (state, subject) => (subject === state.self ? 0 : 1),
  changed,
}

function* changed(before: RendezvousState, after: RendezvousState): Iterable<Subject> {
  // Another server, or none: every neighbour may have to hear of it, and this machine may have to serve.
  if (before.changedAt !== after.changedAt) yield* [...after.neighbours.keys(), after.self]
  const neighbours = changedKeys(before.neighbours, after.neighbours)
  yield* neighbours
  yield* changedKeys(before.pace, after.pace)
  if (before.route?.via !== after.route?.via)
    yield* [before.route?.via, after.route?.via].filter((id) => id !== undefined)
  const isLacking = sightingOf(after) === null
  if (before.asked !== after.asked) yield* after.asked
  const isOwn =
    before.own !== after.own ||
    before.route !== after.route ||
    before.pointed !== after.pointed ||
    before.backUntil !== after.backUntil
  if (isOwn || (isLacking && neighbours.length > 0)) yield after.self
}
