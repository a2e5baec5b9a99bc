/** Budgets the tokens and requests that providers get in a day. */
import { z } from 'zod'
import type { UpstreamConfig } from '../config/upstream.ts'
import { RippleError } from '../errors/ripple-error.ts'
import type { Clock } from '../types/clock.ts'
import { secondsToNextDay, utcDay } from '../types/utc-day.ts'
import type { Journal } from '../work/journal/port.ts'
import { readMeta } from '../work/journal/read-meta.ts'
import type { BudgetLeft } from './port.ts'

/** The journal's key for the amounts spent. */
const KEY = 'upstream-budget'

const count = z.number().int().nonnegative()
/** The most that is recorded as spent: the largest integer that is read back exactly. */
const SPENT_MAX = Number.MAX_SAFE_INTEGER
const spentSchema = z.strictObject({ day: z.iso.date(), tokens: count, requests: count })

/** The most that a request may cost, reserved before it is made. */
export interface Reservation {
  /** The reserved tokens. */
  readonly tokens: number
  /** Returns the unused tokens. A request that used more than it reserved is charged for all of it. */
  settle(tokensUsed: number): Promise<void>
  /** Returns all of it, and the request as well: none was made. */
  release(): Promise<void>
}

/** The ports and limits of the budget. */
export interface BudgetNeeds {
  readonly limits: UpstreamConfig['budget']
  readonly journal: Journal
  readonly clock: Clock
}

/**
 * Keeps the day's budget for all providers. Each reservation is in the journal before its request is made. So requests at
 * the same time cannot spend the same tokens, and open reservations count as used after a crash. Days are UTC days; a clock
 * that goes back starts no new day.
 */
export class Budget {
  readonly #needs: BudgetNeeds
  #spent: z.output<typeof spentSchema>
  /** The last write; each waits for the one before it. */
  #written: Promise<void> = Promise.resolve()

  private constructor(needs: BudgetNeeds, spent: z.output<typeof spentSchema>) {
    this.#needs = needs
    this.#spent = spent
  }

  /** Reads the amounts spent. Rejects with `RIPPLE_JOURNAL_CORRUPT`. */
  static async open(needs: BudgetNeeds): Promise<Budget> {
    const spent = await readMeta(needs.journal, KEY, spentSchema)
    return new Budget(needs, spent ?? noneOf(utcDay(needs.clock.now())))
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
   * Reserves one request and its tokens. Rejects with `RIPPLE_UPSTREAM_BUDGET` if too little is left, and with
   * `RIPPLE_DISK_FULL` if it cannot be recorded; then it reserves nothing.
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
      // A reservation of an earlier day does not change today's amounts.
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
    const today = utcDay(this.#needs.clock.now())
    if (today > this.#spent.day) this.#spent = noneOf(today)
  }

  /** Writes the amounts spent by then, after the write before it. */
  #write(): Promise<void> {
    const before = this.#written.catch(() => {})
    this.#written = before.then(() => this.#needs.journal.put('meta', KEY, { ...this.#spent }))
    return this.#written
  }

  #spentError(what: 'tokens' | 'requests', left: number, wanted: number): RippleError {
    const retry_after_s = secondsToNextDay(this.#needs.clock.now())
    return new RippleError('RIPPLE_UPSTREAM_BUDGET', { what, left, wanted, retry_after_s })
  }
}

function noneOf(day: string): z.output<typeof spentSchema> {
  return { day, tokens: 0, requests: 0 }
}
