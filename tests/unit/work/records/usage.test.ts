import { describe, expect, test } from 'vitest'
import { limits } from '../../../../host/limits.ts'
import { daysBefore } from '../../../../host/types/utc-day.ts'
import { forgetUsage, readUsage } from '../../../../host/work/records/usage.ts'
import { MemoryJournal } from '../../../harness/doubles/memory-journal.ts'
import { forever } from '../../../harness/forever.ts'
import { modelDigest } from '../../../harness/sim/card.ts'
import { play, request, stage } from '../stage.ts'

test('a task for another machine counts as given there and as received here, with the same figures', async () => {
  const world = stage(2)
  const [poster, worker] = world.daemons
  if (!poster || !worker) throw new RangeError('too few machines')
  const work = await play(world, poster.up())
  for (const prompt of ['One.', 'Two.']) {
    const { task } = await play(world, work.post(request({ prompt }), forever))
    expect(await play(world, work.wait(task, forever))).toMatchObject({ state: 'accepted' })
  }
  const seen = async ({ machine }: typeof poster) => readUsage(1, world.clock.now(), machine.journal)
  const [received, given] = [await seen(poster), await seen(worker)]
  const day = daysBefore(world.clock.now(), 0)
  const shared = { day, sha256: modelDigest, model: 'sim', tasks: 2 }
  expect(received).toEqual([
    expect.objectContaining({ ...shared, way: 'received', peer: worker.machine.agent }),
  ])
  expect(given).toEqual([expect.objectContaining({ ...shared, way: 'given', peer: poster.machine.agent })])
  const { tokens_in, tokens_out, run_ms } = given[0] ?? {}
  expect(received[0]).toMatchObject({ tokens_in, tokens_out, run_ms })
  expect(tokens_out).toBeGreaterThan(0)
})

test('an own task that runs on this machine counts once, as own', async () => {
  const world = stage(1)
  const [alone] = world.daemons
  if (!alone) throw new RangeError('too few machines')
  const work = await play(world, alone.up())
  const { task } = await play(world, work.post(request(), forever))
  await play(world, work.wait(task, forever))
  expect(await readUsage(1, world.clock.now(), alone.machine.journal)).toEqual([
    expect.objectContaining({ way: 'own', peer: alone.machine.agent, tasks: 1 }),
  ])
})

describe('the stored days', () => {
  const now = Date.UTC(2026, 10, 25, 12)
  const counts = { model: 'm', tasks: 1, tokens_in: 2, tokens_out: 3, run_ms: 4 }
  const withDays = async (...ago: number[]) => {
    const journal = new MemoryJournal()
    for (const one of ago) await journal.put('usage', `${daysBefore(now, one)} given peer ab`, counts)
    return journal
  }
  const days = async (journal: MemoryJournal, many: number) =>
    (await readUsage(many, now, journal)).map(({ day }) => day)

  test('the last days are read, oldest first', async () => {
    const journal = await withDays(0, 1, 6, 7)
    expect(await days(journal, 7)).toEqual(['2026-11-19', '2026-11-24', '2026-11-25'])
    expect(await readUsage(1, now, journal)).toEqual([
      { day: '2026-11-25', way: 'given', peer: 'peer', sha256: 'ab', ...counts },
    ])
  })

  test('older days than the bound are forgotten', async () => {
    const bound = limits.usage_days_max
    const journal = await withDays(...Array.from({ length: bound + 200 }, (_, ago) => ago))
    await forgetUsage(now, journal)
    const kept = await journal.beginning('usage', '', 1_000)
    expect([kept.length, kept[0]?.[0].slice(0, 10)]).toEqual([bound, daysBefore(now, bound - 1)])
  })
})
