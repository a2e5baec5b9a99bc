import { expect, test } from 'vitest'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { forever } from '../../harness/forever.ts'
import { pass, play } from '../work/stage.ts'
import { ask, asking, openPlane, type Plane } from './plane.ts'

const asked = asking({ key: 'a key of sixteen bytes', max_tokens: 16 })
const reason = new RippleError('RIPPLE_INTERRUPTED')
const interrupted = { code: 'RIPPLE_INTERRUPTED' }

/** A reader of the answer to `asked`, who may leave. */
async function reader({ world, inference }: Plane) {
  const gone = new AbortController()
  const { end } = await play(world, inference.ask(asked, gone.signal))
  end.catch(() => undefined)
  return { end, leave: () => gone.abort(reason) }
}

/** Lets time pass until some of the answer is there. */
async function begun({ world, work }: Plane): Promise<void> {
  const isBegun = () => work.list().some(({ task }) => work.textOf(task) !== '')
  await world.clock.run(world.clock.now() + 60_000, isBegun)
  expect(isBegun()).toBe(true)
}

test.each([
  ['the first', [0]],
  ['the second', [1]],
  ['two of three', [2, 0]],
])('a reader who shares a key gets the answer though others leave: %s', async (_who, leaving) => {
  const plane = await openPlane(1)
  const readers = [await reader(plane)]
  await begun(plane)
  readers.push(await reader(plane), await reader(plane))
  for (const who of leaving) readers[who]?.leave()
  await pass(plane.world, 100)
  for (const [who, { end }] of readers.entries()) {
    if (leaving.includes(who)) await expect(end).rejects.toMatchObject(interrupted)
    else expect((await play(plane.world, end)).text).toBe(plane.honest[0])
  }
  expect((await plane.work.newestClosed(9)).map(({ state }) => state)).toEqual(['accepted'])
})

test('a task is cancelled when its last reader leaves, and its key is spent', async () => {
  const plane = await openPlane(1)
  const first = await reader(plane)
  await begun(plane)
  const second = await reader(plane)
  first.leave()
  second.leave()
  await pass(plane.world, 5_000)
  expect((await plane.work.newestClosed(9)).map(({ state }) => state)).toEqual(['cancelled'])
  const spent = { code: 'RIPPLE_ANSWER_KEY_SPENT' }
  expect((await ask(plane, 'whole', asked)).failed).toMatchObject(spent)
})

test('a reader who leaves hands the task to a waiting post with the key', async () => {
  const plane = await openPlane(1)
  const first = await reader(plane)
  await begun(plane)
  const second = plane.inference.ask(asked, forever)
  first.leave()
  const { end } = await play(plane.world, second)
  expect((await play(plane.world, end)).text).toBe(plane.honest[0])
})

test('a task is cancelled when its reader leaves though its key is used for other work', async () => {
  const plane = await openPlane(1)
  const first = await reader(plane)
  await begun(plane)
  const other = plane.inference.ask({ ...asked, max_tokens: 3 }, forever)
  first.leave()
  await expect(play(plane.world, other)).rejects.toMatchObject({ code: 'RIPPLE_TASK_CONFLICT' })
  await pass(plane.world, 5_000)
  expect((await plane.work.newestClosed(9)).map(({ state }) => state)).toEqual(['cancelled'])
})
