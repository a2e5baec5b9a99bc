import { expect, test } from 'vitest'
import { cpuPercent, cpuTimes, LoadMeter } from '../../../host/hardware/load.ts'

const core = (user: number, idle: number) => ({ times: { user, nice: 0, sys: 0, idle, irq: 0 } })

test('the CPU share covers the time between two readings', () => {
  const before = cpuTimes([core(100, 900), core(100, 900)])
  const now = cpuTimes([core(200, 900), core(100, 1_000)])
  expect(cpuPercent(before, now)).toBe(50)
  expect(cpuPercent(now, now)).toBe(0)
})

test('the GPU share is that of the time in which the engine had work there', () => {
  let busy = 0
  const meter = new LoadMeter(() => busy)
  expect(meter.read().gpu_percent).toBe(0)
  busy += 60_000
  expect(meter.read().gpu_percent).toBe(100)
  // The GPU has failed.
  busy = 0
  expect(meter.read().gpu_percent).toBe(0)
})

test('a load consists of percentages', () => {
  const meter = new LoadMeter()
  for (const share of Object.values(meter.read())) {
    expect(Number.isInteger(share) && share >= 0 && share <= 100).toBe(true)
  }
})
