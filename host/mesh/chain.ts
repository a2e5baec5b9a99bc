import type { EventOf, MeshEvent } from '../types/events.ts'
import type { Posted } from './posted.ts'

type Link = EventOf<'Grant'> | EventOf<'Close'>

/** The poster's list for one task: the events that count, and those that lost against a sibling. */
export type List = Pick<Posted, 'grants' | 'close' | 'forks'>

/**
 * Follows the list from the Task on. Where two events name the same `prev`, the one of the lowest position on the
 * poster's chain counts, for everybody alike; whatever hangs on the other does not count either.
 */
export function resolveList(task: EventOf<'Task'>, links: readonly Link[]): List {
  const bySeq = [...links].sort((a, b) => a.seq - b.seq)
  const grants: EventOf<'Grant'>[] = []
  let close: EventOf<'Close'> | null = null
  let prev = task.hash
  for (;;) {
    const next = bySeq.find((link) => link.entry.prev === prev)
    if (!next) break
    if (isClose(next)) {
      close = next
      break
    }
    if (!isGrant(next)) break
    grants.push(next)
    prev = next.hash
  }
  const counted = new Set<Link>(close ? [...grants, close] : grants)
  return { grants, close, forks: bySeq.filter((link) => !counted.has(link)) }
}

/**
 * Orders own events by when they were written: by position on one chain, by the own clock where they are of two epochs.
 */
export function byAge(a: MeshEvent, b: MeshEvent): number {
  return a.entry.dna_hash === b.entry.dna_hash ? a.seq - b.seq : a.at - b.at
}

/** Whether an event is of the given kind. */
export function isTask(event: MeshEvent): event is EventOf<'Task'> {
  return event.entry.type === 'Task'
}

/** Whether an event is a Grant. */
export function isGrant(event: MeshEvent): event is EventOf<'Grant'> {
  return event.entry.type === 'Grant'
}

/** Whether an event is a FallbackClaim. */
export function isFallbackClaim(event: MeshEvent): event is EventOf<'FallbackClaim'> {
  return event.entry.type === 'FallbackClaim'
}

/** Whether an event is a Result. */
export function isResult(event: MeshEvent): event is EventOf<'Result'> {
  return event.entry.type === 'Result'
}

/** Whether an event is a Close. */
export function isClose(event: MeshEvent): event is EventOf<'Close'> {
  return event.entry.type === 'Close'
}
