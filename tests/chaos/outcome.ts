import { isClose } from '../../host/mesh/chain.ts'
import { checkHistory } from '../harness/checker/check.ts'
import type { Violation } from '../harness/checker/history.ts'
import { type Failover, failovers } from './failovers.ts'
import type { RunRecord, Told } from './record.ts'
import { unanswered } from './unanswered.ts'

/** What a run gave. */
export interface ChaosOutcome extends Omit<Told, 'acknowledged'> {
  readonly acknowledged: number
  /** Acknowledged tasks that have not ended, or that no chain knows. */
  readonly lost: number
  readonly endings: Readonly<Record<string, number>>
  /** Tasks that failed or expired, by what became of each attempt; that they had to is the checker's business. */
  readonly unanswered: Readonly<Record<string, number>>
  readonly violations: readonly Violation[]
  readonly failovers: readonly Failover[]
  readonly faults: Readonly<Record<string, number>>
}

/** How long what a fault leaves behind may last: conductors that lost each other meet again only after a minute or two. */
const AFTERMATH_MS = 240_000

/** What a run gave, by its record alone: the same for whoever reads it again. */
export function outcomeOf(
  { told, history, disturbances }: RunRecord,
  aftermath_ms = AFTERMATH_MS,
): ChaosOutcome {
  const { logs, chains } = history
  const closes = [...chains.values()].flat().filter(isClose)
  const closed = new Set(closes.map(({ entry }) => entry.task))
  return {
    ...told,
    acknowledged: told.acknowledged.length,
    lost: told.acknowledged.filter((task) => !closed.has(task)).length,
    endings: countBy(closes.map(({ entry }) => entry.outcome)),
    unanswered: countBy(unanswered(chains)),
    violations: checkHistory({ ...history, aftermath_ms }),
    failovers: failovers({ logs, chains, disturbances }),
    faults: countBy(disturbances.map(({ kind }) => kind)),
  }
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
