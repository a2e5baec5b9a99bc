import { limits } from '../../host/limits.ts'
import { isClose } from '../../host/mesh/state/chain.ts'
import type { AgentKey, Millis } from '../../host/types/events.ts'
import { checkHistory } from '../harness/checker/check.ts'
import type { Disturbance, Violation } from '../harness/checker/history.ts'
import { type Failover, failovers } from './failovers.ts'
import type { RunRecord, Told } from './record.ts'
import { unanswered } from './unanswered.ts'

/** The outcome of a run. */
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
 * The longest aftermath of a fault. A conductor takes a connection for dead after 60 s of silence, and skips a peer
 * until that has signed again, every 30 s. In a run of 609 tasks and 309 kills, each repeated grant had a fault at
 * most 80 s before it.
 */
const AFTERMATH_MS = 90_000

/** The checker's bound for a poster to find a worker among present peers, in milliseconds. */
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

/** Judges a run by its record alone: the outcome is the same for each later reader. */
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
