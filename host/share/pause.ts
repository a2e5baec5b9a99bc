/** Keeps the pause that the owner asked for, across restarts. */
import { z } from 'zod'
import type { Clock } from '../types/clock.ts'
import type { Millis } from '../types/events.ts'
import type { Journal } from '../work/journal/port.ts'
import { readMeta } from '../work/journal/read-meta.ts'

/** The journal's key for the pause. */
const KEY = 'share-pause'

const stored = z.strictObject({ until: z.number().nullable() })

/** A pause of work for others. */
export interface OwnersPause {
  /** When it ends, in milliseconds since 1970; null until the owner ends it. */
  readonly until: Millis | null
}

/** The owner's pause, which can be changed. */
export interface PauseNote {
  /** Returns the pause; null if there is none, or if it is over. */
  current(): OwnersPause | null
  /** Changes it, and resolves once the journal has it. */
  change(pause: OwnersPause | null): Promise<void>
}

/** Reads the pause of the last run. Rejects with `RIPPLE_JOURNAL_CORRUPT`. */
export async function openPause(
  journal: Pick<Journal, 'get' | 'put'>,
  clock: Pick<Clock, 'now'>,
): Promise<PauseNote> {
  let pause: OwnersPause | null = await readMeta(journal, KEY, stored)
  return {
    current: () => (pause?.until != null && pause.until <= clock.now() ? null : pause),
    change: async (changed) => {
      pause = changed
      await journal.put('meta', KEY, changed === null ? null : { until: changed.until })
    },
  }
}
