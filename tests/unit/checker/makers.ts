import type { MeshEvent } from '../../../host/types/events.ts'
import type { MeshEntry } from '../../../zomes-bindings/generated/resource-mesh.ts'
import { checkHistory } from '../../harness/checker/check.ts'
import type { History, HistoryLine } from '../../harness/checker/history.ts'

export const deadlines_ms = { queue: 120_000, run: 60_000, total: 240_000 }
const wanted = { max_attempts: 5, lease_ms: 10_000, deadlines_ms, depends_on: [], fallback: null }

/** An event with what the checker reads of it; its place on the chain follows from its time. */
export function event(hash: string, author: string, at: number, entry: object): MeshEvent {
  return { hash, author, at, seq: at, entry: { dna_hash: 'dna', ...entry } as unknown as MeshEntry }
}

export const task = (hash = 'task', at = 0, changes: object = {}) =>
  event(hash, 'poster', at, { type: 'Task', id: hash, created_at: at, ...wanted, ...changes })
export const grant = (attempt: number, worker: string, at: number, reason = 'none') => {
  const prev = attempt === 1 ? 'task' : `grant ${attempt - 1}`
  return event(`grant ${attempt}`, 'poster', at, {
    type: 'Grant',
    task: 'task',
    prev,
    attempt,
    worker,
    reason,
  })
}
export const result = (attempt: number, author: string, at: number, type: 'ok' | 'failed') =>
  event(`result ${attempt}`, author, at, {
    type: 'Result',
    task: 'task',
    authority: `grant ${attempt}`,
    attempt,
    status: { type },
  })
export const close = (prev: string, at: number, outcome: string, of = 'task') =>
  event(`close of ${of}`, 'poster', at, { type: 'Close', task: of, prev, outcome, result: null })

/** Makes the poster's verdict on the first attempt's result. */
export const checked = (verdict: string, at: number): HistoryLine => ({
  type: 'checked',
  task: 'task',
  result: 'result 1',
  verdict,
  agent: 'poster',
  at,
})

/** The rules that a history breaks: of the poster's chain and what else is given. */
export function brokenBy(events: readonly MeshEvent[], more: Partial<History> = {}): string[] {
  const chains = Map.groupBy(events, ({ author }) => author)
  const able = new Map([['poster', ['worker', 'other', 'third']]])
  const late_ms = { messages: 0, events: 0 }
  const none = { logs: [], opened: new Map(), disturbances: [], aftermath_ms: 0, ahead_ms: new Map() }
  return checkHistory({ ...none, chains, able, ended: false, waiting: [], late_ms, ...more }).map(
    ({ rule }) => rule,
  )
}
