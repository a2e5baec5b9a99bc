import { type EpochRules, epochsToOpen, nextOpening } from '../config/epoch.ts'
import type { Epochs } from '../dht/epochs.ts'
import { toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Log } from '../telemetry/log.ts'
import type { Clock } from '../types/clock.ts'

/** What rolling needs. */
export interface RollNeeds {
  readonly epochs: Pick<Epochs, 'list' | 'open'>
  readonly rules: EpochRules
  readonly clock: Clock
  readonly log: Pick<Log, 'info' | 'error'>
}

/**
 * Opens each epoch in good time, until it is disposed. What fails is tried again soon; new tasks go to the epoch before
 * meanwhile.
 */
export function rollEpochs(needs: RollNeeds): AsyncDisposable {
  const ending = new AbortController()
  const rolling = roll(needs, ending.signal)
  return {
    [Symbol.asyncDispose]: async () => {
      ending.abort('the daemon stops')
      await rolling
    },
  }
}

async function roll(needs: RollNeeds, signal: AbortSignal): Promise<void> {
  const { clock, rules } = needs
  while (!signal.aborted) {
    const ok = await openDue(needs)
    const now = clock.now()
    const pause = ok ? nextOpening(now, rules) - now : limits.epoch_retry_ms
    await clock.sleep(pause, signal).catch(() => undefined)
  }
}

/** Whether everything that is due is open. */
async function openDue({ epochs, rules, clock, log }: RollNeeds): Promise<boolean> {
  let ok = true
  for (const epoch of epochsToOpen(clock.now(), rules)) {
    if (epochs.list.some((one) => one.epoch === epoch)) continue
    try {
      await epochs.open(epoch)
      log.info({ epoch }, 'an epoch was opened')
    } catch (thrown) {
      ok = toRippleError(thrown).code === 'RIPPLE_EPOCH_LEFT'
      log.error({ err: thrown, epoch }, 'an epoch was not opened')
    }
  }
  return ok
}
