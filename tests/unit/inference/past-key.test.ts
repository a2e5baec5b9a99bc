import { describe, expect, test } from 'vitest'
import type { EpochRules } from '../../../host/config/epoch.ts'
import { forever } from '../../harness/forever.ts'
import { pass, play } from '../work/stage.ts'
import { ask, asking, openPlane, type Plane } from './plane.ts'

const rules: EpochRules = { length_ms: 1_000_000, kept: 3, max_action_seq: 5_000, archive_days: null }
const key = 'a key of sixteen bytes'

/** Leaves the epoch that all tasks so far are of. */
async function leave({ world, work, poster }: Plane): Promise<void> {
  const dna = poster.machine.dht.dnaHash
  await pass(world, rules.length_ms)
  await play(world, work.leave(dna))
  expect(work.list()).toEqual([])
}

/** A plane that was asked with a key, whose epoch was left then, and what it had answered. */
async function left() {
  const plane = await openPlane(2, [], false, false, rules)
  const { end } = await ask(plane, 'whole', { key })
  if (!end) throw new RangeError('no answer')
  await leave(plane)
  return { plane, end }
}

describe('a key of a left epoch', () => {
  test.each(['stream', 'whole'] as const)(
    'a key of a left epoch gives its answer from the receipt: %s',
    async (how) => {
      const { plane, end } = await left()
      plane.revealed.set(end.task ?? '', end.text)
      const again = await ask(plane, how, { key })
      expect(again.failed).toBeNull()
      expect(again.end).toEqual(end)
      expect([again.text, plane.honest.length]).toEqual([how === 'stream' ? end.text : '', 1])
    },
  )

  test("a key of a left epoch gives its answer to an ensemble's member too", async () => {
    const { plane, end } = await left()
    plane.revealed.set(end.task ?? '', end.text)
    using places = await plane.inference.places(1, forever)
    const member = await play(plane.world, places.ask(asking({ key }), forever))
    expect(await play(plane.world, member.end)).toEqual(end)
  })

  test('a key of a left epoch is spent if no receipt reveals the answer', async () => {
    const { plane } = await left()
    expect((await ask(plane, 'stream', { key })).failed).toMatchObject({
      code: 'RIPPLE_ANSWER_KEY_SPENT',
      facts: { key, see: `ripple task why ${key}` },
    })
  })

  test('a key of a left epoch is spent if its task had no answer', async () => {
    const plane = await openPlane(1, [], false, false, rules)
    for (const worker of plane.workers) worker.leave(10 * rules.length_ms)
    expect((await ask(plane, 'whole', { key })).failed).toMatchObject({ code: 'RIPPLE_ANSWER_KEY_SPENT' })
    await leave(plane)
    const spent = { code: 'RIPPLE_ANSWER_KEY_SPENT', facts: { key } }
    expect((await ask(plane, 'whole', { key })).failed).toMatchObject(spent)
  })

  test('a key of a left epoch still belongs to its own request alone', async () => {
    const { plane } = await left()
    const conflict = { code: 'RIPPLE_TASK_CONFLICT' }
    expect((await ask(plane, 'whole', { key, max_tokens: 3 })).failed).toMatchObject(conflict)
  })
})
