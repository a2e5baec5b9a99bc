/** Opens the epochs that are due, and archives and leaves past ones. */
import { epochAt, epochBegin, epochsToOpen, isPast, nextOpening } from '../../config/epoch.ts'
import type { OpenEpoch } from '../../dht/epochs/epoch-dht.ts'
import type { Epochs } from '../../dht/session/epochs.ts'
import { toRippleError } from '../../errors/ripple-error.ts'
import { writeAtomic } from '../../files/write-atomic.ts'
import { limits } from '../../limits.ts'
import type { Emit } from '../../telemetry/events.ts'
import { failureOf } from '../../telemetry/history.ts'
import type { Clock } from '../../types/clock.ts'
import type { Work } from '../../work/work.ts'
import {
  type ArchivePlace,
  archiveEpoch,
  forgetArchives,
  receiptFromArchive,
} from '../receipts/archive-epoch.ts'
import type { Receipts } from '../receipts/receipts.ts'

/** Parts of the daemon that rolling uses. */
export interface RollNeeds {
  readonly epochs: Pick<Epochs, 'list' | 'open' | 'leave'>
  readonly place: ArchivePlace
  readonly work: Pick<Work, 'openIn' | 'leave'>
  readonly receipts: Pick<Receipts, 'keep' | 'fileOf' | 'pathOf'>
  readonly clock: Clock
  readonly emit: Emit
}

/**
 * Opens each epoch in good time, and leaves past ones once no task is open in them, until it is disposed. Failures are
 * retried. Meanwhile new tasks go to the epoch before, and an epoch that could not be left stays.
 */
export function rollEpochs(needs: RollNeeds): AsyncDisposable {
  const ending = new AbortController()
  const { promise: ended, resolve: end } = Promise.withResolvers<false>()
  const rolling = roll(needs, ending.signal, ended)
  return {
    [Symbol.asyncDispose]: async () => {
      ending.abort('the daemon stops')
      end(false)
      await rolling
    },
  }
}

/** Error codes of an archive that lacks a receipt, for every reader at any time. */
const lacking: ReadonlySet<string> = new Set([
  'RIPPLE_EVENT_UNKNOWN',
  'RIPPLE_TASK_NO_RECEIPT',
  'RIPPLE_RECEIPT_INVALID',
])

async function roll(needs: RollNeeds, signal: AbortSignal, ended: Promise<false>): Promise<void> {
  const { clock, place } = needs
  while (!signal.aborted) {
    // Fetching an epoch from peers takes minutes. A stopping daemon does not wait for it; the next start continues.
    const ok = await Promise.race([openDue(needs, signal), ended])
    await leavePast(needs, signal)
    const now = clock.now()
    const begin = epochBegin(epochAt(now, place.rules) + 1, place.rules)
    const due = Math.min(begin, nextOpening(now, place.rules), now + limits.epoch_look_ms)
    await sleepUntil(ok ? due : now + limits.epoch_retry_ms, clock, signal)
  }
}

/** Sleeps in short steps: a timer stops while the machine sleeps, but the time of day continues. */
async function sleepUntil(time: number, clock: Clock, signal: AbortSignal): Promise<void> {
  for (let now = clock.now(); now < time && !signal.aborted; now = clock.now())
    await clock.sleep(Math.min(time - now, limits.epoch_step_ms), signal).catch(() => undefined)
}

/** Whether every due epoch is open. */
async function openDue({ epochs, place, clock, emit }: RollNeeds, signal: AbortSignal): Promise<boolean> {
  let ok = true
  for (const epoch of epochsToOpen(clock.now(), place.rules)) {
    if (signal.aborted) return false
    if (epochs.list.some((one) => one.epoch === epoch)) continue
    try {
      await epochs.open(epoch)
      emit({ type: 'epoch_opened', epoch })
    } catch (thrown) {
      if (signal.aborted) return false
      ok &&= toRippleError(thrown).code === 'RIPPLE_EPOCH_LEFT'
      emit({ type: 'epoch_unopened', epoch, ...failureOf(thrown) }, thrown)
    }
  }
  return ok
}

async function leavePast(needs: RollNeeds, signal: AbortSignal): Promise<void> {
  const { epochs, place, work, clock, emit } = needs
  const past = epochs.list.filter(({ epoch }) => isPast(epoch, clock.now(), place.rules))
  for (const one of past) {
    if (signal.aborted || work.openIn(one.dht.dnaHash).length > 0) continue
    try {
      const archive = await leaveEpoch(one, needs, signal)
      emit({ type: 'epoch_left', epoch: one.epoch, archive })
    } catch (thrown) {
      emit({ type: 'epoch_unleft', epoch: one.epoch, ...failureOf(thrown) }, thrown)
    }
  }
  for (const epoch of await forgetArchives(place, clock.now())) emit({ type: 'archive_removed', epoch })
}

/**
 * Archives an epoch and leaves it. The archive and the receipts are on disk before anything is forgotten, and the work
 * forgets before the cell is removed.
 */
async function leaveEpoch(one: OpenEpoch, needs: RollNeeds, signal: AbortSignal): Promise<string> {
  const { epochs, place, work, receipts } = needs
  const archive = await archiveEpoch(place, one, signal)
  await work.leave(one.dht.dnaHash, async (view) => {
    if (view.state !== 'accepted') return
    await receipts.keep(view, signal)
    if (receipts.pathOf(view) !== null) return
    const receipt = await archivedReceipt(archive, one, view.task, needs, signal)
    if (receipt !== null) await writeAtomic(receipts.fileOf(view.task), receipt)
  })
  await epochs.leave(one.epoch)
  return archive
}

/**
 * Makes a task's receipt from the archive of its epoch. The DHT may still deliver a missing event. So a gap makes this
 * reject until as many further epochs have passed as are kept anyway. After that the event will not come, and no task
 * keeps its epoch open for ever: the gap is logged, and null means to continue. Other failures, such as a full disk,
 * always reject, so that they are retried.
 */
async function archivedReceipt(
  archive: string,
  { epoch, dht }: OpenEpoch,
  task: string,
  { place, clock, emit }: RollNeeds,
  signal: AbortSignal,
): Promise<Uint8Array | null> {
  try {
    return await receiptFromArchive(archive, dht.agent, task, signal)
  } catch (thrown) {
    const late = isPast(epoch + place.rules.kept, clock.now(), place.rules)
    if (!late || !lacking.has(toRippleError(thrown).code)) throw thrown
    emit({ type: 'receipt_lost', epoch, task, archive, ...failureOf(thrown) }, thrown)
    return null
  }
}
