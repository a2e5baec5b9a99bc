/** Tests the warning of a machine that has joined by a URL and meets nobody. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { warnIfAlone } from '../../../../host/daemon/peers/warn-if-alone.ts'

const onward = new AbortController().signal
const url = 'http://192.168.1.20:41000#k3v9'

let said: string[]
beforeEach(() => {
  said = []
})
afterEach(() => vi.restoreAllMocks())

/** Runs the warning on a clock that advances with each look. */
async function tell(othersAreThere: () => Promise<boolean>, signal = onward): Promise<void> {
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 1_000))
  await warnIfAlone({ url, othersAreThere, say: (line) => void said.push(line) }, signal)
}

test('a machine that meets nobody within ten seconds says so, with its URL', async () => {
  await tell(async () => false)
  expect(said).toEqual([
    expect.stringContaining(`no other machine has been seen at ${url}`),
    expect.stringContaining("'ripple up --bootstrap URL'"),
  ])
  expect(performance.now()).toBeLessThanOrEqual(11_000)
})

test('a machine that meets somebody or stops prints no warning', async () => {
  const answers = [false, false, true]
  await tell(async () => answers.shift() ?? false)
  await tell(async () => false, AbortSignal.abort())
  const busyFirst = [Promise.reject(new TypeError('the daemon is busy')), Promise.resolve(true)]
  await tell(async () => (await busyFirst.shift()) ?? false)
  expect(said).toEqual([])
})
