import { type EpochRules, epochAt, epochSeed } from '../config/epoch.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { EPOCH_ROLE, type EpochCells } from './epoch-cells.ts'
import type { ForkGuard } from './fork-guard.ts'

/** What the network's epochs are, and who is told of one that is missed. */
export interface KeptEpochs {
  readonly seed: string
  readonly rules: EpochRules
  readonly guard: Pick<ForkGuard, 'written'>
  /** Told of an epoch that no peer hands over. */
  readonly onMissed: (epoch: number, detail: string) => void
}

/** Why an epoch is not to be had, now or later. */
const missing: ReadonlySet<string> = new Set(['RIPPLE_RESTORE_FAILED', 'RIPPLE_EPOCH_LEFT'])

/**
 * Opens the epochs before that of now that are kept and were written in, after the databases were set aside: something may be
 * open in them, and until they are here their tasks and keys are unknown. Each has `limits.restore_ms` to come from the peers.
 * Rejects as `EpochCells.open` does where another try may help.
 */
export async function fetchKeptEpochs(
  epochs: Pick<EpochCells, 'open'>,
  now: number,
  { seed, rules, guard, onMissed }: KeptEpochs,
): Promise<void> {
  const today = epochAt(now, rules)
  for (let epoch = today - 1; epoch >= today - rules.kept; epoch--) {
    if (guard.written(EPOCH_ROLE, epochSeed(seed, epoch)).length === 0) continue
    try {
      await epochs.open(epoch)
    } catch (thrown) {
      if (!(thrown instanceof RippleError && missing.has(thrown.code))) throw thrown
      onMissed(epoch, thrown.message)
    }
  }
}
