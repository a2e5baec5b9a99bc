import { expect, test } from 'vitest'
import type { LoopSwitch } from '../../../host/planning/loop.ts'
import type { WorkContext } from '../../../host/work/context/context.ts'
import { Pause } from '../../../host/work/pause.ts'

test('the end of one pause does not end a later one', async () => {
  const log: string[] = []
  const reads: (() => void)[] = []
  const hands = {
    writes: { readOwn: () => new Promise<void>((resolve) => reads.push(resolve)) },
    state: () => ({ draining: false }),
    dispatch: () => {},
  }
  const loop = { start: () => log.push('start'), stop: () => log.push('stop') }
  const pause = new Pause(hands as unknown as WorkContext, loop as unknown as LoopSwitch)
  await pause.hold(true)
  const first = pause.hold(false)
  await pause.hold(true)
  reads[0]?.()
  await first
  expect(log).toEqual(['stop', 'stop'])
  const second = pause.hold(false)
  reads[1]?.()
  await second
  expect(log).toEqual(['stop', 'stop', 'start'])
})
