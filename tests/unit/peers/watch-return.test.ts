import { expect, test, vi } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { watchReturn } from '../../../host/peers/watch-return.ts'

/** A machine whose looks the test makes, and which sleeps as long as the test says. */
function machine() {
  let now = 0
  let addresses = ['/ip4/10.0.0.2/tcp/4001']
  let wake = () => {}
  const onReturn = vi.fn()
  const watching = watchReturn({
    clock: {
      now: () => now,
      sleep: (_ms, signal) =>
        new Promise((resolve, reject) => {
          wake = resolve
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
    },
    addresses: () => addresses,
    onReturn,
  })
  /** Lets a look happen after so many milliseconds, with these addresses. */
  const look = async (ms: number, at = addresses) => {
    now += ms
    addresses = at
    wake()
    await new Promise((resolve) => setImmediate(resolve))
    return onReturn.mock.calls.splice(0).length
  }
  return { look, watching }
}

test('a machine that slept or has other addresses returns, and any other does not', async () => {
  const { look, watching } = machine()
  const { return_look_ms: usual, stood_still_ms: stood } = limits
  expect(await look(usual)).toBe(0)
  expect(await look(usual + stood)).toBe(0)
  expect(await look(usual + stood + 1)).toBe(1)
  expect(await look(usual, [])).toBe(1)
  expect(await look(usual)).toBe(0)
  expect(await look(usual, ['/ip4/10.0.0.3/tcp/4001'])).toBe(1)
  watching[Symbol.dispose]()
  expect(await look(usual, [])).toBe(0)
})
