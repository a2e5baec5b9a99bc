import { isResult } from '../../host/mesh/state/chain.ts'
import type { ActionHash, AgentKey, EventOf, Millis } from '../../host/types/events.ts'
import type { History, HistoryLine } from '../harness/checker/history.ts'

/** How long a worker that fell silent in mid-answer may keep its grant, and what a lease may run over, in milliseconds. */
const bounds = { midAnswer: 8_000, overLease: 5_000 }

/** A kill of a worker's daemon while it held a grant. */
export interface Death {
  readonly at: Millis
  /** Whether it was at the answer then: what the poster made of that is not asked. */
  readonly midAnswer: boolean
  /** How long the poster may take to give the task to another. */
  readonly bound_ms: Millis
  /** When its daemon was there again, if that was before the poster went on; else null. */
  readonly backAt: Millis | null
}

/** A grant, and from when to when it was its worker's. */
export interface Tenure {
  readonly grant: EventOf<'Grant'>
  readonly from: Millis
  readonly to: Millis
}

type Line<T extends HistoryLine['type']> = Extract<HistoryLine, { type: T }>

/** An index of the lines and chains of a run, for quick look-ups. */
export interface Seen {
  readonly kills: readonly Line<'fault'>[]
  readonly ups: ReadonlyMap<AgentKey, readonly Line<'started'>[]>
  /** Of each grant, in their order. */
  readonly runs: ReadonlyMap<ActionHash, readonly (Line<'run_started'> | Line<'run_ended'>)[]>
  /** When the worker of a grant gave it back, or wrote its Result. */
  readonly words: ReadonlyMap<ActionHash, readonly Millis[]>
}

/** Reads a run once. */
export function seenIn({ logs, chains }: Pick<History, 'logs' | 'chains'>): Seen {
  const results = [...chains.values()].flat().filter(isResult)
  const words = [
    ...results.map(({ entry, at }) => ({ grant: entry.authority, at })),
    ...logs.filter((line) => line.type === 'released'),
  ]
  return {
    kills: logs.filter((line) => line.type === 'fault').filter(({ kind }) => kind === 'kill'),
    ups: Map.groupBy(
      logs.filter((line) => line.type === 'started'),
      ({ agent }) => agent,
    ),
    runs: Map.groupBy(
      logs.filter((line) => line.type === 'run_started' || line.type === 'run_ended'),
      ({ grant }) => grant,
    ),
    words: new Map(
      [...Map.groupBy(words, ({ grant }) => grant)].map(([grant, said]) => [grant, said.map(({ at }) => at)]),
    ),
  }
}

/**
 * The death that cost a worker its grant; null where it kept it, or had answered or given it back by then. A worker may die
 * more than once under one grant: what counts is the first death after it last came up, unless it had been away for longer
 * than the bound before. The poster was late by then, and a return must not hide that.
 */
export function deathOf(tenure: Tenure, seen: Seen): Death | null {
  const deaths = deathsOf(tenure, seen)
  const death =
    deaths.find(({ at, bound_ms, backAt }) => (backAt ?? tenure.to) > at + bound_ms) ?? deaths.at(-1)
  const words = seen.words.get(tenure.grant.hash) ?? []
  return death && !words.some((at) => at < death.at) ? death : null
}

/** The first kill in each life that a worker had under a grant. */
function deathsOf({ grant, from, to }: Tenure, seen: Seen): Death[] {
  const { worker } = grant.entry
  const within = ({ at }: HistoryLine) => at > from && at < to
  const ups = (seen.ups.get(worker) ?? []).filter(within).map(({ at }) => at)
  const kills = seen.kills.filter((line) => line.agents.includes(worker) && within(line))
  return [from, ...ups].flatMap((begun, place) => {
    const backAt = ups[place] ?? null
    const kill = kills.find(({ at }) => at > begun && at < (backAt ?? to))
    if (!kill) return []
    const midAnswer = isAnswering(grant, { from: begun, to: kill.at }, seen)
    const bound_ms = midAnswer ? bounds.midAnswer : grant.entry.lease_ms + bounds.overLease
    return [{ at: kill.at, midAnswer, bound_ms, backAt }]
  })
}

/** Whether a worker had begun to run its grant within a time, and not ended. */
function isAnswering(
  { hash, entry }: EventOf<'Grant'>,
  { from, to }: { readonly from: Millis; readonly to: Millis },
  { runs }: Seen,
): boolean {
  const own = (runs.get(hash) ?? []).filter(
    ({ agent, at }) => agent === entry.worker && at >= from && at <= to,
  )
  return own.at(-1)?.type === 'run_started'
}
