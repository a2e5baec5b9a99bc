import { expect, test } from 'vitest'
import { daemonReadyMs } from '../../../host/daemon/ready-time.ts'
import { limits } from '../../../host/limits.ts'

test('a daemon is given up later than the longest start that ends well', () => {
  const { conductor_ready_ms, conductor_stop_ms, conductor_admin_ms, restore_ms } = limits
  const slow = conductor_ready_ms
  const upgraded = 2 * conductor_ready_ms + conductor_stop_ms + conductor_admin_ms
  const restored = conductor_ready_ms + 2 * restore_ms
  for (const start of [slow, upgraded, restored]) expect(daemonReadyMs).toBeGreaterThan(start)
})

test('nor so late that no timer waits for it', () => {
  expect(daemonReadyMs).toBeLessThan(limits.timer_ms_max)
})
