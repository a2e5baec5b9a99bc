/** Counts the use of keys in a UTC day. */
import { z } from 'zod'
import type { Emit } from '../telemetry/events.ts'
import { failureOf } from '../telemetry/history.ts'
import type { Clock } from '../types/clock.ts'
import { utcDay } from '../types/utc-day.ts'
import type { Journal } from '../work/journal/port.ts'
import { readMeta } from '../work/journal/read-meta.ts'
import type { KeyUse } from './port.ts'

/** The journal's key for the use. */
const KEY = 'key-use'

const count = z.number().int().nonnegative()
const use = z.strictObject({ requests: count, tokens_in: count, tokens_out: count })
const stored = z.strictObject({ day: z.iso.date(), keys: z.array(z.tuple([z.string(), use])) })

const none: KeyUse = { requests: 0, tokens_in: 0, tokens_out: 0 }

/** The parts of the daemon that count the use of keys. */
export interface UseNeeds {
  readonly journal: Journal
  readonly clock: Pick<Clock, 'now'>
  readonly emit: Emit
}

/**
 * Counts the use of each key by its name, and stores today's in the journal. A clock that goes back starts no new day. A failed
 * write is logged; the next one stores the same counts.
 */
export class DayUse {
  readonly #needs: UseNeeds
  #day: string
  #keys: Map<string, KeyUse>
  /** The write that has not begun yet. */
  #next: Promise<void> | null = null

  private constructor(needs: UseNeeds, { day, keys }: z.output<typeof stored>) {
    this.#needs = needs
    this.#day = day
    this.#keys = new Map(keys)
  }

  /** Reads today's use. Rejects with `RIPPLE_JOURNAL_CORRUPT`. */
  static async open(needs: UseNeeds): Promise<DayUse> {
    const read = await readMeta(needs.journal, KEY, stored)
    return new DayUse(needs, read ?? { day: utcDay(needs.clock.now()), keys: [] })
  }

  /** Returns a key's use of today. */
  of(name: string): KeyUse {
    this.#turn()
    return this.#keys.get(name) ?? none
  }

  add(name: string, more: Partial<KeyUse>): void {
    const { requests, tokens_in, tokens_out } = this.of(name)
    this.#keys.set(name, {
      requests: requests + (more.requests ?? 0),
      tokens_in: tokens_in + (more.tokens_in ?? 0),
      tokens_out: tokens_out + (more.tokens_out ?? 0),
    })
    this.#write()
  }

  forget(name: string): void {
    if (this.#keys.delete(name)) this.#write()
  }

  #turn(): void {
    const today = utcDay(this.#needs.clock.now())
    if (today <= this.#day) return
    this.#day = today
    this.#keys = new Map()
  }

  /** Writes the counts of that time. Changes until then go with the same write. */
  #write(): void {
    const { journal, emit } = this.#needs
    this.#next ??= Promise.resolve()
      .then(() => {
        this.#next = null
        return journal.put('meta', KEY, {
          day: this.#day,
          keys: [...this.#keys].map(([name, one]) => [name, { ...one }]),
        })
      })
      .catch((thrown: unknown) => emit({ type: 'key_use_unnoted', ...failureOf(thrown) }, thrown))
  }
}
