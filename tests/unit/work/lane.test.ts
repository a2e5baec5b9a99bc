import { setImmediate as tick } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { Lane } from '../../../host/work/lane.ts'

setFlagsFromString('--expose_gc')
const collect: () => void = runInNewContext('gc')

/** Takes a turn, and forgets what it gave. */
async function given(lane: Lane): Promise<WeakRef<object>> {
  return new WeakRef(await lane.take(async () => ({ answer: 'large' })))
}

test('what was given is not kept, however long the lane is used', async () => {
  const lane = new Lane()
  const refs = [await given(lane), await given(lane), await given(lane)]
  await lane.take(async () => undefined)
  await tick()
  collect()
  expect(refs.map((ref) => ref.deref())).toEqual([undefined, undefined, undefined])
})
