import { expect, test } from 'vitest'
import { daemonReadyMs } from '../../../../host/daemon/machine/ready-time.ts'
import { limits } from '../../../../host/limits.ts'
import { conductorStartsMs } from '../../../../host/processes/conductor.ts'

test('a daemon is given up later than the longest good start', () => {
  const { conductor_stop_ms, conductor_admin_ms, restore_ms } = limits
  const slow = conductorStartsMs
  const upgraded = 2 * conductorStartsMs + conductor_stop_ms + conductor_admin_ms
  const restored = conductorStartsMs + 2 * restore_ms
  for (const start of [slow, upgraded, restored]) expect(daemonReadyMs).toBeGreaterThan(start)
})

test('a daemon is given up within the longest timer', () => {
  expect(daemonReadyMs).toBeLessThan(limits.timer_ms_max)
})
