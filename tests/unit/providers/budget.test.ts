import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { Budget } from '../../../host/providers/budget.ts'
import type { Journal } from '../../../host/work/journal/port.ts'
import { openSqliteJournal } from '../../../host/work/journal/sqlite.ts'
import { MemoryJournal } from '../../harness/doubles/memory-journal.ts'

const DAY_MS = 86_400_000
/** 23:59:50 UTC of a day. */
const LATE = Date.UTC(2026, 10, 23, 23, 59, 50)

function clockAt(start: number) {
  let now = start
  return {
    now: () => now,
    sleep: async () => {},
    goOn: (ms: number) => {
      now += ms
    },
  }
}

const limits = { tokens_per_day: 1_000, requests_per_day: 3 }
const open = (journal: Journal, clock = clockAt(LATE), most = limits) =>
  Budget.open({ limits: most, journal, clock })

describe('the budget of a day', () => {
  it('a request reserves its budget and returns what it did not use', async () => {
    const budget = await open(new MemoryJournal())
    const reserved = await budget.reserve(900)
    expect(budget.left()).toMatchObject({ day: '2026-11-23', tokens_left: 100, requests_left: 2 })
    await reserved.settle(250)
    await reserved.settle(0)
    expect(budget.left()).toMatchObject({ tokens_left: 750, requests_left: 2 })
  })

  it('a request that was not made returns its budget, once', async () => {
    const clock = clockAt(LATE)
    const budget = await open(new MemoryJournal(), clock)
    const reserved = await budget.reserve(900)
    await reserved.release()
    await reserved.release()
    await reserved.settle(900)
    expect(budget.left()).toMatchObject({ tokens_left: 1_000, requests_left: 3 })
    const late = await budget.reserve(900)
    clock.goOn(60_000)
    await budget.reserve(100)
    await late.release()
    expect(budget.left()).toMatchObject({ day: '2026-11-24', tokens_left: 900, requests_left: 2 })
  })

  it('a request beyond the budget is refused with the time of the next', async () => {
    const budget = await open(new MemoryJournal())
    await expect(budget.reserve(1_001)).rejects.toMatchObject({
      code: 'RIPPLE_UPSTREAM_BUDGET',
      facts: { what: 'tokens', left: 1_000, wanted: 1_001, retry_after_s: 10 },
    })
    for (const _ of [1, 2, 3]) await budget.reserve(1)
    await expect(budget.reserve(1)).rejects.toMatchObject({ facts: { what: 'requests', left: 0 } })
  })

  it('simultaneous requests do not exceed the budget', async () => {
    const budget = await open(new MemoryJournal(), clockAt(LATE), {
      tokens_per_day: 1_000,
      requests_per_day: 100,
    })
    const asked = await Promise.allSettled(Array.from({ length: 50 }, () => budget.reserve(300)))
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    expect(budget.left().tokens_left).toBe(100)
  })

  it("a provider's excess is charged to the budget", async () => {
    const budget = await open(new MemoryJournal())
    await (await budget.reserve(100)).settle(5_000)
    expect(budget.left()).toMatchObject({ tokens_left: 0, requests_left: 2 })
  })

  it('the stored budget stays readable, however much a provider claims', async () => {
    const journal = new MemoryJournal()
    const budget = await open(journal)
    for (const _ of [1, 2]) await (await budget.reserve(0)).settle(Number.MAX_SAFE_INTEGER)
    expect((await open(journal)).left()).toMatchObject({ tokens_left: 0, requests_left: 1 })
  })

  it("the budget is new on the next day, without yesterday's open requests", async () => {
    const clock = clockAt(LATE)
    const budget = await open(new MemoryJournal(), clock)
    const reserved = await budget.reserve(900)
    clock.goOn(10_000)
    expect(budget.left()).toMatchObject({ day: '2026-11-24', tokens_left: 1_000, requests_left: 3 })
    await reserved.settle(0)
    expect(budget.left()).toMatchObject({ tokens_left: 1_000 })
    clock.goOn(-DAY_MS)
    expect(budget.left()).toMatchObject({ day: '2026-11-24' })
  })

  it("a request cut by the daemon's death counts as used", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ripple-budget-'))
    try {
      {
        using journal = openSqliteJournal(join(folder, 'journal.sqlite'))
        const budget = await open(journal)
        await (await budget.reserve(300)).settle(100)
        await budget.reserve(400)
      }
      using journal = openSqliteJournal(join(folder, 'journal.sqlite'))
      expect((await open(journal)).left()).toMatchObject({ tokens_left: 500, requests_left: 1 })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('the budget reserves nothing that cannot be persisted', async () => {
    const journal = new MemoryJournal()
    const budget = await open(journal)
    /** A stand-in for a journal whose disk is full. */
    journal.put = () => Promise.reject(new TypeError('no room'))
    await expect(budget.reserve(100)).rejects.toThrow('no room')
    expect(budget.left()).toMatchObject({ tokens_left: 1_000, requests_left: 3 })
  })

  it('a senseless stored budget is refused', async () => {
    const journal = new MemoryJournal()
    await journal.put('meta', 'upstream-budget', { day: 'today', tokens: -4, requests: 0 })
    await expect(open(journal)).rejects.toMatchObject({ code: 'RIPPLE_JOURNAL_CORRUPT' })
  })
})

test('the stored budget is always the sum of open and used requests', async () => {
  const step = fc.record({
    reserve: fc.integer({ min: 1, max: 400 }),
    use: fc.option(fc.integer({ min: 0, max: 500 })),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const journal = new MemoryJournal()
      const most = { tokens_per_day: 1_000, requests_per_day: 10 }
      const budget = await open(journal, clockAt(LATE), most)
      let tokens = 0
      let requests = 0
      for (const { reserve, use } of steps) {
        const reserved = await budget.reserve(reserve).catch(() => null)
        const fits = tokens + reserve <= most.tokens_per_day && requests < most.requests_per_day
        expect(reserved !== null).toBe(fits)
        if (!reserved) continue
        requests += 1
        tokens += use ?? reserve
        if (use !== null) await reserved.settle(use)
      }
      const left = { tokens_left: Math.max(0, 1_000 - tokens), requests_left: 10 - requests }
      expect(budget.left()).toMatchObject(left)
      expect((await open(journal, clockAt(LATE), most)).left()).toMatchObject(left)
    }),
  )
})
