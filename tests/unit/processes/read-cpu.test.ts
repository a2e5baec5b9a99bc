// Tests of reading the CPU time of a process.
import { expect, test } from 'vitest'
import { psCpuMs, statCpuMs } from '../../../host/processes/read-cpu.ts'

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
])("CPU time is read from ps's %j", (text, ms) => {
  expect(psCpuMs(text)).toBe(ms)
})
