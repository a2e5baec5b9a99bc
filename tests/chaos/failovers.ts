import { isGrant, isTask } from '../../host/mesh/chain.ts'
import type { HistoryEvent } from '../../host/telemetry/history.ts'
import type { ActionHash, AgentKey, EventOf, Millis } from '../../host/types/events.ts'
import type { History } from '../harness/checker/history.ts'

/** A grant that was lost by its worker's death, and the one that came after it. */
export interface Failover {
  readonly task: ActionHash
  /** From the worker's death to the poster's next Grant, in milliseconds. */
  readonly ms: Millis
  readonly lease_ms: Millis
  /** Whether the poster had seen the run go on and then fall silent. */
  readonly midAnswer: boolean
  /** What else was wrong meanwhile: then the time says little about the rule. */
  readonly besides: 'nothing' | 'poster_hit' | 'nobody_left' | 'worker_back'
}

/** What is read of a run. */
export type Known = Pick<History, 'logs' | 'chains' | 'disturbances'>

type Line<T extends HistoryEvent['type']> = Extract<HistoryEvent, { type: T }>

/** Every failover after the death of a worker, its daemon killed. */
export function failovers(known: Known): Failover[] {
  const events = [...known.chains.values()].flat()
  const written = new Map(
    known.logs.flatMap((line) => (line.type === 'committed' ? [[line.hash, line.at] as const] : [])),
  )
  const kills = known.logs.filter(
    (line): line is Line<'fault'> => line.type === 'fault' && line.kind === 'kill',
  )
  return events.filter(isTask).flatMap((task) => {
    const grants = events.filter(isGrant).filter(({ entry }) => entry.task === task.hash)
    return grants.flatMap((next) => {
      const lost = grants.find(({ entry }) => entry.attempt === next.entry.attempt - 1)
      const at = (grant: EventOf<'Grant'>) => written.get(grant.hash) ?? grant.at
      return lost
        ? failover({ task, lost, from: at(lost), to: at(next), reason: next.entry.reason }, kills, known)
        : []
    })
  })
}

interface Step {
  readonly task: EventOf<'Task'>
  readonly lost: EventOf<'Grant'>
  /** When the lost grant was written, and the next one. */
  readonly from: Millis
  readonly to: Millis
  readonly reason: EventOf<'Grant'>['entry']['reason']
}

function failover(step: Step, kills: readonly Line<'fault'>[], known: Known): Failover[] {
  const { task, lost, from, to, reason } = step
  const { worker } = lost.entry
  const death = kills.findLast(({ agents, at }) => agents.includes(worker) && at > from && at < to)
  // What was released, failed or rejected was not lost by a death, and a poster that died with its own grant is no case.
  if (!death || (reason !== 'silent' && reason !== 'expired') || worker === task.author) return []
  const delivered = known.logs.some(
    (line) =>
      line.type === 'committed' &&
      line.entry === 'Result' &&
      line.agent === worker &&
      line.task === task.hash &&
      line.attempt === lost.entry.attempt &&
      line.at < death.at,
  )
  if (delivered) return []
  const { author } = task
  const hit = (agent: AgentKey) =>
    known.disturbances.some((one) => one.agents.includes(agent) && one.from < to && one.to > death.at)
  const others = [...known.chains.keys()].filter((agent) => agent !== author && agent !== worker)
  const back = known.logs.some(
    (line) => line.type === 'started' && line.agent === worker && line.at > death.at && line.at < to,
  )
  const besides = hit(author)
    ? 'poster_hit'
    : others.every(hit)
      ? 'nobody_left'
      : back
        ? 'worker_back'
        : 'nothing'
  return [
    {
      task: task.hash,
      ms: to - death.at,
      lease_ms: lost.entry.lease_ms,
      midAnswer: reason === 'silent',
      besides,
    },
  ]
}

/** Count, median, 95th percentile and largest of some times, in milliseconds; null where there are none. */
export function spread(
  times: readonly Millis[],
): { n: number; p50: number; p95: number; max: number } | null {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0
  return sorted.length === 0 ? null : { n: sorted.length, p50: at(0.5), p95: at(0.95), max: at(1) }
}
