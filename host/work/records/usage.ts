/** Counts the work that this machine gave to others and received from them, by UTC day, peer and class. */
import type { Usage, Work } from '../../../zomes-bindings/generated/resource-mesh.ts'
import { limits } from '../../limits.ts'
import type { TaskView } from '../../mesh/view/view.ts'
import type { AgentKey, Millis } from '../../types/events.ts'
import type { UsageRow, UsageWay } from '../../types/usage-row.ts'
import { daysBefore, utcDay } from '../../types/utc-day.ts'
import type { Journal, JournalChange } from '../journal/port.ts'

/** Old rows that are deleted in one transaction. */
const DELETED_AT_ONCE = 128

/** The counted part of a row; the rest is in its key. */
type Counts = Pick<UsageRow, 'model' | 'tasks' | 'tokens_in' | 'tokens_out' | 'run_ms'>

/** Returns the change that counts the run of another poster's task; null for an own task, which its acceptance counts. */
export function givenUsage(
  { poster, self, work }: { readonly poster: AgentKey; readonly self: AgentKey; readonly work: Work },
  usage: Usage,
  at: Millis,
): JournalChange | null {
  if (poster === self) return null
  const model = work.type === 'model' ? work.name : null
  return counting({ at, way: 'given', peer: poster, sha256: work.digest, model }, usage)
}

/** Returns the change that counts an own task; null for a task that was not accepted. */
export function receivedUsage(view: TaskView): JournalChange | null {
  const { state, worker, usage, model, poster, times } = view
  if (state !== 'accepted' || worker === null || usage === null) return null
  const way = worker === poster ? 'own' : 'received'
  const { name = null, sha256 = '' } = model ?? {}
  return counting({ at: times.closed_at ?? times.posted_at, way, peer: worker, sha256, model: name }, usage)
}

interface Subject {
  readonly at: Millis
  readonly way: UsageWay
  readonly peer: AgentKey
  readonly sha256: string
  readonly model: string | null
}

function counting({ at, way, peer, sha256, model }: Subject, usage: Usage): JournalChange {
  const { tokens_in, tokens_out, wall_ms: run_ms } = usage
  const value: Counts = { model, tasks: 1, tokens_in, tokens_out, run_ms }
  return { type: 'add', bucket: 'usage', key: [utcDay(at), way, peer, sha256].join(' '), value: { ...value } }
}

/** Returns the rows of the last `days` UTC days, today included, oldest first. */
export async function readUsage(days: number, now: Millis, journal: Journal): Promise<UsageRow[]> {
  const rows: UsageRow[] = []
  for (let ago = days - 1; ago >= 0; ago -= 1) {
    const kept = await journal.beginning('usage', `${daysBefore(now, ago)} `, limits.usage_rows_day_max)
    for (const [key, value] of kept) {
      const [day = '', way = 'own', peer = '', sha256 = ''] = key.split(' ')
      // Only `counting` writes this bucket, and the journal keeps documents as they are.
      rows.push({ day, way: way as UsageWay, peer, sha256, ...(value as unknown as Counts) })
    }
  }
  return rows
}

/** Deletes the rows of days that are no longer stored. */
export async function forgetUsage(now: Millis, journal: Journal): Promise<void> {
  const first = daysBefore(now, limits.usage_days_max - 1)
  for (;;) {
    const oldest = await journal.beginning('usage', '', DELETED_AT_ONCE)
    const old = oldest.filter(([key]) => key < first)
    if (old.length > 0) await journal.batch(old.map(([key]) => ({ type: 'delete', bucket: 'usage', key })))
    if (old.length < DELETED_AT_ONCE) return
  }
}
