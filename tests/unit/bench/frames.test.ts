import { expect, test } from 'vitest'
import { framesOf, type TraceEvent } from '../../bench/frames.ts'

/** An event of the main thread, in milliseconds. */
function at(ms: number, name: string, dur = 0, tid = 1): TraceEvent {
  return { name, ph: dur === 0 ? 'b' : 'X', pid: 1, tid, ts: 1_000 * ms, dur: 1_000 * dur }
}

const frames = Array.from({ length: 5 }, (_, frame) => at(20 * frame, 'AnimationFrame'))

test('frames are counted, and those that come late', () => {
  const found = framesOf([...frames, at(180, 'AnimationFrame')])
  expect(found).toMatchObject({ frames: 5, frames_a_second: 27.8, late_percent: 20 })
})

test('nested scripts count once, and a layout inside a script counts as script', () => {
  const { script_and_layout } = framesOf([
    ...frames,
    at(1, 'FireAnimationFrame', 6),
    at(2, 'FunctionCall', 4),
    at(3, 'Layout', 1),
    at(8, 'UpdateLayoutTree', 2),
    at(9, 'Paint', 5),
    at(21, 'RunMicrotasks', 3),
  ])
  expect(script_and_layout).toEqual({ median: 0, p95: 8, max: 8 })
})

test('the work of other threads does not count', () => {
  const { script_and_layout } = framesOf([...frames, at(5, 'FunctionCall', 9, 2)])
  expect(script_and_layout.max).toBe(0)
})
