/** Lists and exports the network's epochs for the operations. */
import { existsSync } from 'node:fs'
import { epochAt, epochBegin } from '../../config/epoch.ts'
import type { OpenEpoch } from '../../dht/epochs/epoch-dht.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import type { Epochs, EpochView } from '../../operations/context.ts'
import type { Clock } from '../../types/clock.ts'
import type { Work } from '../../work/work.ts'
import { type ArchivePlace, archivedEpochs, archiveEpoch, archiveFile } from '../receipts/archive-epoch.ts'
import { chainCapacityView } from './chain-capacity-view.ts'

/** Parts of the daemon that the epoch service uses. */
export interface EpochServiceNeeds {
  readonly place: ArchivePlace
  readonly work: Pick<Work, 'openIn' | 'room'>
  readonly clock: Clock
  /** The open epochs, oldest first. */
  open(): readonly OpenEpoch[]
}

/** Returns the network's epochs as the operations see them. */
export function epochService(needs: EpochServiceNeeds): Epochs {
  const { place, open } = needs
  return {
    list: async () => {
      const here = open().map((one) => openView(one, needs))
      const gone = (await archivedEpochs(place)).filter((epoch) => !here.some((one) => one.epoch === epoch))
      return [...gone.map((epoch) => pastView(epoch, place)), ...here]
    },
    export: async (epoch, signal) => {
      const one = open().find((candidate) => candidate.epoch === epoch)
      if (one) return archiveEpoch(place, one, signal)
      const file = archiveFile(place, epoch)
      if (!existsSync(file)) throw new RippleError('RIPPLE_EPOCH_UNKNOWN', { epoch })
      return file
    },
  }
}

function openView({ epoch, dht }: OpenEpoch, { place, work, clock }: EpochServiceNeeds): EpochView {
  const now = epochAt(clock.now(), place.rules)
  const state = epoch === now ? 'now' : epoch < now ? 'open' : 'next'
  const open = work.openIn(dht.dnaHash).length
  const room = chainCapacityView(work.room(dht.dnaHash))
  return { epoch, state, ...times(epoch, place), dna: dht.dnaHash, room, open, archive: pathOf(epoch, place) }
}

function pastView(epoch: number, place: ArchivePlace): EpochView {
  const archive = pathOf(epoch, place)
  return { epoch, state: 'archived', ...times(epoch, place), dna: null, room: null, open: 0, archive }
}

function times(epoch: number, { rules }: ArchivePlace): Pick<EpochView, 'begins_at' | 'ends_at'> {
  return { begins_at: epochBegin(epoch, rules), ends_at: epochBegin(epoch + 1, rules) }
}

function pathOf(epoch: number, place: ArchivePlace): string | null {
  const file = archiveFile(place, epoch)
  return existsSync(file) ? file : null
}
