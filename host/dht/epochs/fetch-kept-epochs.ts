/** Fetches the kept epochs from the peers after the databases were set aside. */
import { type EpochRules, epochAt, epochSeed } from '../../config/epoch.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import type { ForkGuard } from '../fork-guard/fork-guard.ts'
import { EPOCH_ROLE, type EpochCells } from './epoch-cells.ts'

/** The network's epochs, and the callback for one that is missed. */
export interface KeptEpochs {
  readonly seed: string
  readonly rules: EpochRules
  readonly guard: Pick<ForkGuard, 'written'>
  /** Called for an epoch that no peer hands over. */
  readonly onMissed: (epoch: number, detail: string) => void
}

/** Error codes for an epoch that will not become available. */
const missing: ReadonlySet<string> = new Set(['RIPPLE_RESTORE_FAILED', 'RIPPLE_EPOCH_LEFT'])

/**
 * Opens the kept epochs before the current one that this key has written in, after the databases were set aside. They may
 * contain open tasks, and their tasks and keys are unknown until they are here. Each has `limits.restore_ms` to come from
 * the peers. Rejects as `EpochCells.open` does if another try may help.
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
