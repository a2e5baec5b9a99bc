import { expect, test } from 'vitest'
import type { EpochRules } from '../../../host/config/epoch.ts'
import { rollEpochs } from '../../../host/daemon/roll-epochs.ts'
import type { OpenEpoch } from '../../../host/dht/epoch-dht.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { VirtualClock } from '../../harness/sim/clock.ts'

const rules: EpochRules = { length_ms: 100_000, kept: 1, max_action_seq: 10, archive_days: null }
const log = { info: () => undefined, error: () => undefined }

/** Epochs that open, or fail as told. */
function stage(now: number, failures: RippleError[] = []) {
  const clock = new VirtualClock(now)
  const opened: Array<[epoch: number, at: number]> = []
  const list: OpenEpoch[] = []
  const open = async (epoch: number) => {
    const failure = failures.shift()
    if (failure) throw failure
    opened.push([epoch, clock.now()])
    list.push({ epoch } as OpenEpoch)
  }
  const epochs = { list: list as never, open }
  return { clock, opened, needs: { epochs, rules, clock, log } }
}

test('each epoch is opened before it begins, once', async () => {
  const { clock, opened, needs } = stage(1_060_000)
  await using _rolling = rollEpochs(needs)
  await clock.run(1_300_000, () => false)
  expect(opened).toEqual([
    [10, 1_060_000],
    [11, 1_075_000],
    [12, 1_175_000],
    [13, 1_275_000],
  ])
})

test('what fails is tried again, unless the epoch was left', async () => {
  const down = new RippleError('RIPPLE_DHT_UNAVAILABLE', { detail: 'no answer' })
  const { clock, opened, needs } = stage(1_060_000, [down, down])
  await using _rolling = rollEpochs(needs)
  await clock.run(1_074_000, () => false)
  expect(opened).toEqual([[10, 1_070_000]])
  const other = stage(1_060_000, [new RippleError('RIPPLE_EPOCH_LEFT', { epoch: 10 })])
  await using _other = rollEpochs(other.needs)
  await other.clock.run(1_074_000, () => false)
  expect(other.opened).toEqual([])
})
