/** Follows a poster's list of events, and tells events apart by kind. */
import type { EventOf, MeshEvent } from '../../types/events.ts'
import type { Posted } from './posted.ts'

type Link = EventOf<'Grant'> | EventOf<'Close'>

/** The poster's list for one task: the events that count, and the events that lost against a sibling. */
export type List = Pick<Posted, 'grants' | 'close' | 'forks'>

/**
 * Follows the list from the Task along the poster's chain. If several events name the same `prev`, the lowest position counts
 * for every reader. If a forked chain has two of them at one position, the lower hash counts. Events that follow the loser
 * do not count either. `resolve` of `dnas/shared`, which reads receipts, applies the same rule.
 */
export function resolveList(task: EventOf<'Task'>, links: readonly Link[]): List {
  const own = links.filter(({ author, entry }) => author === task.author && entry.task === task.hash)
  const bySeq = own.sort(byPlace)
  const grants: EventOf<'Grant'>[] = []
  let close: EventOf<'Close'> | null = null
  let last: MeshEvent = task
  for (;;) {
    const { hash, seq } = last
    const next = bySeq.find((link) => link.entry.prev === hash && link.seq > seq)
    if (!next) break
    if (isClose(next)) {
      close = next
      break
    }
    if (!isGrant(next)) break
    grants.push(next)
    last = next
  }
  const counted = new Set<Link>(close ? [...grants, close] : grants)
  return { grants, close, forks: bySeq.filter((link) => !counted.has(link)) }
}

function byPlace(a: MeshEvent, b: MeshEvent): number {
  const bytes = ({ hash }: MeshEvent) => Buffer.from(hash.slice(1), 'base64url')
  return a.seq - b.seq || Buffer.compare(bytes(a), bytes(b))
}

/**
 * Orders own events by age: by position on one chain, and by the own clock across two epochs.
 */
export function byAge(a: MeshEvent, b: MeshEvent): number {
  return a.entry.dna_hash === b.entry.dna_hash ? a.seq - b.seq : a.at - b.at
}

/** Whether an event is a Task. */
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
