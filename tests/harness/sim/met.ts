import type { ActionHash, Millis } from '../../../host/types/events.ts'
import type { Disturbance, History, HistoryLine } from '../checker/history.ts'
import { calm, type Faults } from './faults.ts'
import type { WireFaults } from './network.ts'

/** How often each fault that a simulation may have was met in it, by the traces that it left. */
export type Met = Readonly<Record<keyof Faults, number>>

/** Nothing was met. */
export const noneMet = Object.fromEntries(Object.keys(calm).map((fault) => [fault, 0])) as Met

/** The shortest absence, and the shortest run of a slow peer, in milliseconds: longer than any other kill and run. */
const longer = { off: 20_000, run: 3_000 }

/** Counts the faults that were met: the wires count their own, and the daemons' logs show the others. */
export function metIn({ logs, disturbances, ahead_ms }: History, wires: WireFaults): Met {
  const kills = disturbances.filter(({ kind }) => kind === 'kill')
  const gone = kills.filter(({ from, to }) => to - from > longer.off).length
  return {
    ...wires,
    dhtSilent: count(disturbances, ({ kind }) => kind === 'dht'),
    engineCrash: count(logs, (line) => line.type === 'run_ended' && line.code === 'engine_crashed'),
    killsMax: kills.length - gone,
    partitions: count(disturbances, ({ kind }) => kind === 'partition'),
    slow: slowRuns(logs),
    liars: count(logs, (line) => line.type === 'checked' && line.verdict !== 'ok'),
    cancels: count(logs, (line) => line.type === 'cancel_asked'),
    skewMaxMs: count([...ahead_ms.values()], (ms) => ms !== 0),
    drains: count(logs, (line) => whyNot(line) === 'draining'),
    refuses: count(logs, (line) => line.type === 'policy_refused'),
    absences: gone + count(disturbances, ({ kind }) => kind === 'frozen'),
  }
}

/** Both together. */
export function bothMet(a: Met, b: Met): Met {
  const sum: Record<string, number> = { ...a }
  for (const [fault, times] of Object.entries(b)) sum[fault] = (sum[fault] ?? 0) + times
  return { ...noneMet, ...sum }
}

function count<T extends HistoryLine | Disturbance | number>(
  list: readonly T[],
  is: (one: T) => boolean,
): number {
  return list.filter(is).length
}

/** Why a worker did not take a task, or gave it back. */
function whyNot(line: HistoryLine): string | null {
  return line.type === 'refused' ? line.code : line.type === 'released' ? line.reason : null
}

function slowRuns(logs: readonly HistoryLine[]): number {
  const begun = new Map<ActionHash, Millis>()
  return count(logs, (line) => {
    if (line.type === 'run_started') begun.set(line.grant, line.at)
    return line.type === 'run_ended' && line.at - (begun.get(line.grant) ?? line.at) >= longer.run
  })
}
