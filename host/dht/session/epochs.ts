/** Opens and leaves the epochs of a conductor. */
import { encodeHashToBase64 } from '@holochain/client'
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import { saysDiskFull } from '../../processes/conductor.ts'
import type { AgentKey, DnaHash } from '../../types/events.ts'
import { type FullDisk, noRoom } from '../call/full-disk.ts'
import type { EpochCell } from '../epochs/epoch-cells.ts'
import { HolochainDht } from '../holochain.ts'
import type { CellCall } from './call-cell.ts'
import type { Link } from './link.ts'

/** An open epoch with the port over its cell. */
export interface HolochainEpoch {
  readonly epoch: number
  readonly dht: HolochainDht
}

/** The epochs of a conductor, across all its restarts. */
export class Epochs {
  readonly #link: Link
  readonly #agent: AgentKey
  readonly #call: CellCall
  readonly #disk: Pick<FullDisk, 'seen'>
  /** The open epochs when the conductor was last connected. */
  #open: readonly HolochainEpoch[] = []

  constructor(link: Link, agent: AgentKey, call: CellCall, disk: Pick<FullDisk, 'seen'>) {
    this.#link = link
    this.#agent = agent
    this.#call = call
    this.#disk = disk
    this.#open = this.#read()
  }

  /** The open epochs, oldest first. */
  get list(): readonly HolochainEpoch[] {
    if (this.#link.connected) this.#open = this.#read()
    return this.#open
  }

  #read(): HolochainEpoch[] {
    return this.#link.session.epochs.map((one) => ({ epoch: one.epoch, dht: this.#dht(one) }))
  }

  /**
   * Opens an epoch unless it is open. Rejects with `RIPPLE_EPOCH_LEFT`, `RIPPLE_DISK_FULL`, `RIPPLE_CONDUCTOR_DOWN`,
   * `RIPPLE_DHT_UNAVAILABLE`.
   */
  open(epoch: number): Promise<void> {
    return this.#sorted(() => this.#link.session.openEpoch(epoch))
  }

  /**
   * Leaves an epoch for ever. Rejects with `RIPPLE_CONDUCTOR_DOWN` and `RIPPLE_DHT_UNAVAILABLE`; the next start finishes
   * what was begun.
   */
  leave(epoch: number): Promise<void> {
    return this.#sorted(() => this.#link.session.leaveEpoch(epoch))
  }

  /**
   * Sends bytes to a peer's daemon through both conductors. Tries the named epoch first, and the others if the peer is not
   * there. Rejects with `RIPPLE_PEER_UNREACHABLE`.
   */
  async passOn(to: AgentKey, bytes: Uint8Array, likely: DnaHash, signal: AbortSignal): Promise<void> {
    const place = ({ dht }: HolochainEpoch) => (dht.dnaHash === likely ? 0 : 1)
    let failure = new RippleError('RIPPLE_PEER_UNREACHABLE', { agent: to, detail: 'no epoch is open' })
    for (const { dht } of this.list.toSorted((a, b) => place(a) - place(b))) {
      try {
        return await dht.passOn(to, bytes, signal)
      } catch (thrown) {
        failure = toRippleError(thrown)
        if (failure.code !== 'RIPPLE_PEER_UNREACHABLE') throw failure
      }
    }
    throw failure
  }

  #dht(one: EpochCell): HolochainDht {
    const dna = encodeHashToBase64(one.cell[0])
    const known = this.#open.find(({ dht }) => dht.dnaHash === dna)
    if (known) return known.dht
    const called = { key: dna, find: () => one.cell }
    return new HolochainDht(this.#agent, dna, (...call) => this.#call(called, ...call))
  }

  async #sorted(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (thrown) {
      if (thrown instanceof RippleError) throw thrown
      const detail = toRippleError(thrown).message
      if (saysDiskFull(detail)) throw this.#disk.seen(noRoom(thrown))
      throw new RippleError('RIPPLE_DHT_UNAVAILABLE', { detail }, { cause: thrown })
    }
  }
}
