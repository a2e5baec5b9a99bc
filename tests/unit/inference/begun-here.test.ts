import { expect, test } from 'vitest'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { forever } from '../../harness/forever.ts'
import { play } from '../work/stage.ts'
import { ask, asking, openPlane, type Plane } from './plane.ts'

/** How long a write takes, in simulated milliseconds: longer than an answer. */
const WRITE_MS = 20_000

/** Makes each write of the poster's conductor slow; `fails` has them come to nothing. */
function slowWrites({ world, poster }: Plane, fails = false): void {
  const { dht } = poster.machine
  const commit = dht.commit.bind(dht)
  Object.assign(dht, {
    commit: async (...given: Parameters<typeof commit>) => {
      await world.clock.sleep(WRITE_MS, forever)
      if (fails) throw new RippleError('RIPPLE_DHT_REFUSED', { reason: 'the test' })
      return commit(...given)
    },
  })
}

test('an own answer is read before its task is written, and is the accepted one', async () => {
  const plane = await openPlane(1, [], true)
  slowWrites(plane)
  const { world, inference, work } = plane
  const begun = world.clock.now()
  const answer = await play(
    world,
    inference.ask(asking({ key: 'a-key-of-16-bytes', max_tokens: 1_000 }), forever),
  )
  expect(answer.id).toBe('a-key-of-16-bytes')
  let text = ''
  let firstAt = Number.NaN
  const reading = (async () => {
    for await (const piece of answer.pieces) {
      if (text === '') firstAt = world.clock.now() - begun
      if (piece.type === 'text') text += piece.text
    }
  })()
  const end = await play(world, answer.end)
  await play(world, reading)
  expect(firstAt).toBeLessThan(WRITE_MS)
  expect(end).toMatchObject({ text, route: 'local', receipt: `${end.task}.receipt` })
  const [task] = await work.newestClosed(1)
  expect([task?.state, task?.usage?.tokens_out]).toEqual(['accepted', end.usage?.tokens_out])
})

test('a task that cannot be written fails the answer that began', async () => {
  const plane = await openPlane(0, [], true)
  slowWrites(plane, true)
  const read = await ask(plane, 'stream')
  expect(read.text).not.toBe('')
  expect(read.failed).toMatchObject({ code: 'RIPPLE_DHT_REFUSED' })
})

test('a client that leaves before its task is written leaves no task to run', async () => {
  const plane = await openPlane(0, [], true)
  slowWrites(plane)
  const gone = new AbortController()
  const { world, inference, work } = plane
  const answer = await play(world, inference.ask(asking(), gone.signal))
  expect(work.list()).toEqual([])
  gone.abort(new RippleError('RIPPLE_INTERRUPTED'))
  await expect(play(world, answer.end)).rejects.toMatchObject({ code: 'RIPPLE_INTERRUPTED' })
  await world.clock.run(world.clock.now() + 10 * WRITE_MS, () => false)
  expect((await work.newestClosed(9)).map(({ state }) => state)).toEqual(['cancelled'])
})
