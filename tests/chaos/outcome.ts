import { limits } from '../../host/limits.ts'
import { isClose } from '../../host/mesh/chain.ts'
import type { AgentKey, Millis } from '../../host/types/events.ts'
import { checkHistory } from '../harness/checker/check.ts'
import type { Disturbance, Violation } from '../harness/checker/history.ts'
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

/**
 * How long what a fault leaves behind may last. A conductor takes a connection for dead when nothing has come for 60 s, and
 * passes a peer over until that has signed anew, every 30 s. In a run of 609 tasks and 309 kills whatever was given anew had a
 * fault not longer than 80 s before it.
 */
const AFTERMATH_MS = 90_000

/** What a poster needs at most to find a worker among peers that are there, in milliseconds, as the checker has it. */
const SEARCH_MS = 30_000

/**
 * How much quiet a run must have in the end so that a task that nobody was given again is told from one that faults kept from
 * it; by the longest lease.
 */
export function retryTakes(lease_ms: Millis): Millis {
  return AFTERMATH_MS + lease_ms + limits.brake_spread_ms + SEARCH_MS
}

/** How long after its moment was noted what is done to a peer for a while may begin, in milliseconds. */
const BEGINS_WITHIN_MS = 1_000

/** Each disturbance once: the moment of a fault is left out where the time is there in which its peers were not themselves. */
export function eachOnce(all: readonly Disturbance[]): Disturbance[] {
  const spans = all.filter(({ from, to }) => to > from)
  const covers = (agent: AgentKey, moment: Disturbance) => (span: Disturbance) =>
    span.kind === moment.kind &&
    span.agents.includes(agent) &&
    span.from - BEGINS_WITHIN_MS <= moment.from &&
    moment.from <= span.to
  return all.filter(
    (one) => one.to > one.from || !one.agents.every((agent) => spans.some(covers(agent, one))),
  )
}

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
    violations: checkHistory({
      ...history,
      disturbances: eachOnce(history.disturbances),
      aftermath_ms,
      late_ms: { messages: 0, events: 0 },
    }),
    failovers: failovers({ logs, chains, disturbances }),
    faults: countBy(disturbances.map(({ kind }) => kind)),
  }
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
