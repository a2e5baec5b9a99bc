import { expect, test } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { psCpuMs, readCpuMs, statCpuMs } from '../../../host/supervise/read-cpu.ts'
import { stillStart } from '../../../host/supervise/watch-start.ts'

const bounds = { lookMs: 1_000, looks: 3, cpuMs: 100 }

/** What is answered at looks that find so much CPU time used, in milliseconds. */
function answers(used: readonly (number | null)[]): boolean[] {
  const isStill = stillStart(bounds)
  return used.map((one) => isStill(one))
}

test('a start that uses next to no CPU time in some looks running stands still', () => {
  expect(answers([700, 710, 710, 715])).toEqual([false, false, false, true])
})

test('a start that works now and then does not', () => {
  expect(answers([0, 10, 20, 200, 210, 220, 400, 410, 420, 600]).includes(true)).toBe(false)
})

test('what cannot be read says nothing', () => {
  expect(answers([null, null, null, null, null]).includes(true)).toBe(false)
  expect(answers([700, 700, 700, null, 700, 700, 700]).includes(true)).toBe(false)
})

test('all starts that may stand still leave time for one that does not', () => {
  const { conductor_still, conductor_still_max, conductor_ready_ms } = limits
  expect(conductor_still.looks * conductor_still.lookMs * conductor_still_max).toBeLessThan(
    conductor_ready_ms / 4,
  )
})

test('CPU time is read from the text of /proc', () => {
  const stat = '4711 (a (bad) name) S 1 4711 4711 0 -1 4194560 9 8 7 6 197 67 5 4 20 0 30 0 98765 1 2 3'
  expect(statCpuMs(stat)).toBe(2_640)
  expect(statCpuMs('')).toBe(null)
})

test.each([
  ['0:01.23', 1_230],
  ['61:02.50', 3_662_500],
  ['1:02:03', 3_723_000],
  ['1-02:03:04', 93_784_000],
  ['', null],
  ['TIME', null],
])('CPU time that ps writes as %j', (text, ms) => {
  expect(psCpuMs(text)).toBe(ms)
})

test('CPU time of this process, and of none', async () => {
  expect(await readCpuMs(process.pid)).toBeGreaterThan(0)
  expect(await readCpuMs(2 ** 30)).toBe(null)
})
