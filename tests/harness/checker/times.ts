import type { AgentKey, MeshEvent, Millis } from '../../../host/types/events.ts'
import type { Disturbance, History, HistoryLine } from './history.ts'

type Kinds = ReadonlySet<Disturbance['kind']>

/** The disturbances that keep a poster and a worker from each other, or from their reads and writes. */
export const parting: Kinds = new Set([
  'kill',
  'partition',
  'loss',
  'dht',
  'conductor',
  'frozen',
  'disk_full',
  'timeout',
])

/** The disturbances that also keep a machine from getting a task; the others only make attempts fail. */
export const hindering: Kinds = new Set([...parting, 'drain'])

/** The disturbances that silence a machine: daemons announce themselves to each other without their conductors. */
const silencing: Kinds = new Set(['kill', 'partition', 'frozen'])

/** A time from when to when. */
export interface Span {
  readonly from: Millis
  readonly to: Millis
}

/** When an event was written, by a clock that is right. */
export function writtenAt({ ahead_ms }: Pick<History, 'ahead_ms'>, { at, author }: MeshEvent): Millis {
  return at - (ahead_ms.get(author) ?? 0)
}

/** When a line was written, by a clock that is right. */
export function saidAt({ ahead_ms }: Pick<History, 'ahead_ms'>, { at, agent }: HistoryLine): Millis {
  return at - (ahead_ms.get(agent) ?? 0)
}

/** Lines that tell whether a machine runs something: what a daemon ran ends with it. */
export const runLines: ReadonlySet<HistoryLine['type']> = new Set(['started', 'run_started', 'run_ended'])

/** Whether a machine was in the middle of a run at a time. */
export function wasRunning(history: History, agent: AgentKey, time: Millis): boolean {
  const last = history.logs.findLast(
    (line) => line.agent === agent && runLines.has(line.type) && saidAt(history, line) <= time,
  )
  return last?.type === 'run_started'
}

/** From when on nothing of such kinds hinders a machine until then. */
export function unhinderedFrom(
  { disturbances, aftermath_ms }: History,
  agent: AgentKey,
  end: Millis,
  kinds: Kinds,
): Millis {
  let from = Number.NEGATIVE_INFINITY
  for (const { kind, agents, ...span } of disturbances) {
    if (!kinds.has(kind) || span.from > end) continue
    // A cut parts those that it does not name as well.
    if (kind === 'partition' || agents.includes(agent)) from = Math.max(from, span.to + aftermath_ms)
  }
  return from
}

/** Whether something went wrong between two machines, or at one of them, that was felt within a time. */
export function wasDisturbed(
  { disturbances, aftermath_ms }: History,
  [one, other]: readonly [AgentKey, AgentKey],
  { from, to }: Span,
): boolean {
  return disturbances.some(
    (disturbance) =>
      disturbance.from <= to && disturbance.to + aftermath_ms >= from && strikes(disturbance, one, other),
  )
}

function strikes({ kind, agents }: Disturbance, one: AgentKey, other: AgentKey): boolean {
  const [hasOne, hasOther] = [agents.includes(one), agents.includes(other)]
  if (kind === 'lie') return false
  if (kind === 'partition') return hasOne !== hasOther
  return kind === 'loss' ? hasOne && hasOther : hasOne || hasOther
}

/** Whether a machine may have been unable, within a time, to tell another one that it is there. */
export function wasSilent(
  { disturbances, aftermath_ms }: History,
  listener: AgentKey,
  agent: AgentKey,
  { from, to }: Span,
): boolean {
  return disturbances.some(
    (one) =>
      silencing.has(one.kind) &&
      one.from <= to &&
      one.to + aftermath_ms >= from &&
      (one.kind === 'partition' ? strikes(one, agent, listener) : one.agents.includes(agent)),
  )
}

/** Whether a machine says what is not so. */
export function isLiar({ disturbances }: History, agent: AgentKey): boolean {
  return disturbances.some(({ kind, agents }) => kind === 'lie' && agents.includes(agent))
}

/** How many disturbances struck the machines of some pairs, or stood between the two of one, and were felt within a time. */
export function disturbancesOn(
  { disturbances, aftermath_ms }: Pick<History, 'disturbances' | 'aftermath_ms'>,
  pairs: readonly (readonly [AgentKey, AgentKey])[],
  { from, to }: Span,
): number {
  return disturbances.filter(
    (disturbance) =>
      disturbance.from <= to &&
      disturbance.to + aftermath_ms >= from &&
      pairs.some(([one, other]) => strikes(disturbance, one, other)),
  ).length
}
