import { isClose, isGrant, isResult } from '../../host/mesh/state/chain.ts'
import type { ActionHash, AgentKey, EventOf, MeshEvent } from '../../host/types/events.ts'

/**
 * Every task that failed or expired, in words: how it ended, and in brackets what became of each of its attempts. The chains
 * do not say why the last one was lost, unless its worker wrote that it had failed.
 */
export function unanswered(chains: ReadonlyMap<AgentKey, readonly MeshEvent[]>): string[] {
  const events = [...chains.values()].flat()
  const grants = Map.groupBy(events.filter(isGrant), ({ entry }) => entry.task)
  const codes = new Map(events.filter(isResult).flatMap(failure))
  return events.filter(isClose).flatMap(({ entry: { task, outcome } }) => {
    if (outcome !== 'failed' && outcome !== 'expired') return []
    const attempts = (grants.get(task) ?? []).toSorted((a, b) => a.entry.attempt - b.entry.attempt)
    const ends = attempts.map(
      ({ hash }, place) => codes.get(hash) ?? attempts[place + 1]?.entry.reason ?? 'lost',
    )
    return [`${outcome} (${ends.length === 0 ? 'no attempt' : ends.join(', ')})`]
  })
}

function failure({ entry: { authority, status } }: EventOf<'Result'>): (readonly [ActionHash, string])[] {
  return status.type === 'failed' ? [[authority, status.code]] : []
}
