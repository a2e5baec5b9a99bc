/** Tests that a prompt that ends its engine is tried once, and that no other engine gets it. */
import { expect, test } from 'vitest'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { forever } from '../../harness/forever.ts'
import { pass, play, request } from '../work/stage.ts'
import { ask, type Deed, openPlane } from './plane.ts'

/** Ends the engine. */
const dies: Deed = async () => {
  throw new RippleError('RIPPLE_PROMPT_FATAL', { detail: 'it was ended by SIGSEGV' })
}
/** Ends each engine that it gets to. */
const always = Array<Deed>(8).fill(dies)

test.each(['whole', 'stream'] as const)(
  'an ask (%s) whose prompt ends the engine is tried once and blames the prompt',
  async (how) => {
    const plane = await openPlane(3, always)
    const { failed } = await ask(plane, how)
    expect(failed).toMatchObject({ code: 'RIPPLE_PROMPT_FATAL', http: 400, exit: 2 })
    await pass(plane.world, 120_000)
    expect((await plane.work.newestClosed(9)).map(({ attempts }) => attempts.length)).toEqual([1])
    const runs = plane.world.logs.filter((line) => line.type === 'run_started')
    expect(runs).toHaveLength(1)
  },
)

test('a task whose prompt ends the engine fails after one attempt and says so', async () => {
  const plane = await openPlane(3, always)
  const { task } = await play(plane.world, plane.work.post(request(), forever))
  const closed = await play(plane.world, plane.work.wait(task, forever))
  expect(closed).toMatchObject({ state: 'failed', ended: { why: 'prompt' } })
  expect(closed.attempts.map(({ ended }) => [ended?.why, ended?.code])).toEqual([['failed', 'prompt_fatal']])
  expect(plane.world.logs.filter((line) => line.type === 'run_started')).toHaveLength(1)
})
