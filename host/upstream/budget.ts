import { z } from 'zod'
import type { UpstreamConfig } from '../config/upstream.ts'
import { RippleError } from '../errors/ripple-error.ts'
import type { Clock } from '../types/clock.ts'
import type { Journal } from '../work/port.ts'
import type { BudgetLeft } from './port.ts'

/** Where the journal keeps what was spent. */
const KEY = 'upstream-budget'
const DAY_MS = 86_400_000

const count = z.number().int().nonnegative()
/** Most that is noted as spent: what is read must be a whole number that is exact. */
const SPENT_MAX = Number.MAX_SAFE_INTEGER
const spentSchema = z.strictObject({ day: z.iso.date(), tokens: count, requests: count })

/** What a request may cost, put aside before it is made. */
export interface Reservation {
  /** What was put aside. */
  readonly tokens: number
  /** Gives back what was not used. A request that used more than was put aside is charged with all of it. */
  settle(tokensUsed: number): Promise<void>
  /** Gives back all of it, the request as well: none was made. */
  release(): Promise<void>
}

/** What budgeting needs. */
export interface BudgetNeeds {
  readonly limits: UpstreamConfig['budget']
  readonly journal: Journal
  readonly clock: Clock
}

/**
 * The day's budget for all providers. A reservation is in the journal before its request is made, so requests at the same time
 * cannot spend the same tokens, and what was open when the daemon died counts as used. Days are those of UTC; a clock that goes
 * back begins no day anew.
 */
export class Budget {
  readonly #needs: BudgetNeeds
  #spent: z.output<typeof spentSchema>
  /** The last write: each waits for the one before it. */
  #written: Promise<void> = Promise.resolve()

  private constructor(needs: BudgetNeeds, spent: z.output<typeof spentSchema>) {
    this.#needs = needs
    this.#spent = spent
  }

  /** Reads what was spent. Rejects with `RIPPLE_JOURNAL_CORRUPT`. */
  static async open(needs: BudgetNeeds): Promise<Budget> {
    const kept = await needs.journal.get('meta', KEY)
    if (kept === null) return new Budget(needs, noneOf(dayOf(needs.clock.now())))
    const spent = spentSchema.safeParse(kept)
    if (spent.success) return new Budget(needs, spent.data)
    throw new RippleError('RIPPLE_JOURNAL_CORRUPT', {
      file: 'the journal',
      detail: `'${KEY}' makes no sense`,
    })
  }

  left(): BudgetLeft {
    this.#turn()
    const { day, tokens, requests } = this.#spent
    const { limits } = this.#needs
    return {
      day,
      tokens_left: Math.max(0, limits.tokens_per_day - tokens),
      requests_left: Math.max(0, limits.requests_per_day - requests),
      limits,
    }
  }

  /**
   * Puts one request and so many tokens aside. Rejects with `RIPPLE_UPSTREAM_BUDGET` where not as much is left, and with
   * `RIPPLE_DISK_FULL` where it cannot be noted; nothing is put aside then.
   */
  async reserve(tokens: number): Promise<Reservation> {
    const { day, tokens_left, requests_left } = this.left()
    if (requests_left < 1) throw this.#spentError('requests', requests_left, 1)
    if (tokens_left < tokens) throw this.#spentError('tokens', tokens_left, tokens)
    this.#change(tokens, 1)
    try {
      await this.#write()
    } catch (thrown) {
      if (this.#spent.day === day) this.#change(-tokens, -1)
      throw thrown
    }
    let settled = false
    const settle = async (moreTokens: number, moreRequests: number): Promise<void> => {
      if (settled) return
      settled = true
      // What was put aside yesterday is none of today's.
      this.#turn()
      if (this.#spent.day !== day) return
      this.#change(moreTokens, moreRequests)
      await this.#write()
    }
    return { tokens, settle: (used) => settle(used - tokens, 0), release: () => settle(-tokens, -1) }
  }

  #change(tokens: number, requests: number): void {
    const { day } = this.#spent
    this.#spent = {
      day,
      tokens: Math.min(Math.max(0, this.#spent.tokens + tokens), SPENT_MAX),
      requests: Math.min(Math.max(0, this.#spent.requests + requests), SPENT_MAX),
    }
  }

  #turn(): void {
    const today = dayOf(this.#needs.clock.now())
    if (today > this.#spent.day) this.#spent = noneOf(today)
  }

  /** Writes what is spent by then, after the write before it. */
  #write(): Promise<void> {
    const before = this.#written.catch(() => {})
    this.#written = before.then(() => this.#needs.journal.put('meta', KEY, { ...this.#spent }))
    return this.#written
  }

  #spentError(what: 'tokens' | 'requests', left: number, wanted: number): RippleError {
    const retry_after_s = Math.ceil((DAY_MS - (this.#needs.clock.now() % DAY_MS)) / 1_000)
    return new RippleError('RIPPLE_UPSTREAM_BUDGET', { what, left, wanted, retry_after_s })
  }
}

function dayOf(now: number): string {
  return new Date(now).toISOString().slice(0, 10)
}

function noneOf(day: string): z.output<typeof spentSchema> {
  return { day, tokens: 0, requests: 0 }
}
