import { isClose, isGrant, isTask, resolveList } from '../../host/mesh/state/chain.ts'
import type { ActionHash, AgentKey, EventOf, Millis } from '../../host/types/events.ts'
import { quantile } from '../bench/compare.ts'
import type { History } from '../harness/checker/history.ts'
import { type Death, deathOf, seenIn, type Tenure } from './deaths.ts'

/** A grant that was lost by its worker's death, and what came after it. */
export interface Failover {
  readonly task: ActionHash
  /**
   * From the worker's death to the poster's next Grant, or to its Close where no attempt was left, in milliseconds; or to the
   * return of the worker, where that came too late to excuse the poster and before either.
   */
  readonly ms: Millis
  /** How long that may take. */
  readonly bound_ms: Millis
  readonly lease_ms: Millis
  /** Whether the worker was at the answer when it died. */
  readonly midAnswer: boolean
  /** A disturbance while the bound ran, with which the time says little about the rule. A later one excuses nothing. */
  readonly besides: 'nothing' | 'poster_hit' | 'nobody_left' | 'worker_back'
}

/** The parts of a run that are read here. */
export type Known = Pick<History, 'logs' | 'chains' | 'disturbances'>

/** A grant that ended, and by what. */
interface Step extends Tenure {
  readonly task: EventOf<'Task'>
  readonly end: EventOf<'Grant'> | EventOf<'Close'>
}

/** Every failover after the death of a worker, its daemon killed. */
export function failovers(known: Known): Failover[] {
  const seen = seenIn(known)
  return stepsOf(known).flatMap((step) => {
    const death = deathOf(step, seen)
    // A poster that died with its own grant is no case.
    if (!death || step.grant.entry.worker === step.task.author || isOver(step, death)) return []
    const { midAnswer, bound_ms, backAt } = death
    const returned = backAt !== null && backAt > death.at + bound_ms
    return {
      task: step.task.hash,
      ms: (returned ? backAt : step.to) - death.at,
      bound_ms,
      lease_ms: step.grant.entry.lease_ms,
      midAnswer,
      besides: besidesOf(step, death, known),
    }
  })
}

/** Every grant that something followed, with its time by the lines of those who wrote. */
function stepsOf({ logs, chains }: Known): Step[] {
  const written = new Map(
    logs.flatMap((line) => (line.type === 'committed' ? [[line.hash, line.at] as const] : [])),
  )
  const at = (event: Step['end']) => written.get(event.hash) ?? event.at
  const events = [...chains.values()].flat()
  const links = Map.groupBy(
    events.filter((event) => isGrant(event) || isClose(event)),
    ({ entry }) => entry.task,
  )
  return events.filter(isTask).flatMap((task) => {
    const { grants, close } = resolveList(task, links.get(task.hash) ?? [])
    const list = close ? [...grants, close] : grants
    return grants.flatMap((grant, place) => {
      const end = list[place + 1]
      return end ? [{ task, grant, end, from: at(grant), to: at(end) }] : []
    })
  })
}

/**
 * Whether a task needed nobody else after a death: it was cancelled or accepted within the bound, or its worker had given it
 * back, of which a full disk may have kept the line.
 */
function isOver({ end, to }: Step, { at, bound_ms, backAt }: Death): boolean {
  if (isGrant(end)) return end.entry.reason === 'released' && backAt === null
  const { outcome } = end.entry
  return outcome !== 'failed' && outcome !== 'expired' && to <= at + bound_ms
}

function besidesOf(
  { task: { author }, grant }: Step,
  { at, bound_ms, backAt }: Death,
  { disturbances, chains }: Known,
): Failover['besides'] {
  const until = at + bound_ms
  const hit = (agent: AgentKey) =>
    disturbances.some((one) => one.agents.includes(agent) && one.from < until && one.to > at)
  const others = [...chains.keys()].filter((agent) => agent !== author && agent !== grant.entry.worker)
  if (hit(author)) return 'poster_hit'
  if (others.every(hit)) return 'nobody_left'
  return backAt !== null && backAt < until ? 'worker_back' : 'nothing'
}

/** Count, median, 95th percentile and largest of some times, in milliseconds; null where there are none. */
export function spread(
  times: readonly Millis[],
): { n: number; p50: number; p95: number; max: number } | null {
  const at = (share: number): number => quantile(times, share)
  return times.length === 0 ? null : { n: times.length, p50: at(0.5), p95: at(0.95), max: at(1) }
}
