/** Keeps the offer of this machine's resources on the DHT. */
import type { Requirements } from '../../zomes-bindings/generated/resource-mesh.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { resourceLimits } from '../limits/resources.ts'
import type { Emit } from '../telemetry/events.ts'
import type { Clock } from '../types/clock.ts'
import type { ActionHash, AgentKey, DnaHash, Millis } from '../types/events.ts'
import { isSameAmount } from './amounts.ts'
import type { Ledger } from './ledger.ts'

/** The last offer that this machine wrote. */
export interface OwnOffer {
  readonly hash: ActionHash
  readonly dna: DnaHash
  readonly capacity: Requirements
  readonly expires_at: Millis
  readonly at: Millis
}

/**
 * Whether a new offer is due: there is none in this epoch, or it ends before an allocation of the longest time would, or it says
 * another amount than what is shared. For another amount the last offer must be `resource_offer_rest_ms` old, so that an amount that
 * goes up and down does not fill the chain. Pure.
 */
export function isOfferDue(
  last: OwnOffer | null,
  wanted: { readonly dna: DnaHash; readonly capacity: Requirements },
  now: Millis,
): boolean {
  if (last === null || last.dna !== wanted.dna) return true
  if (last.expires_at < now + resourceLimits.allocation_s_max * 1_000) return true
  return (
    !isSameAmount(last.capacity, wanted.capacity) && now - last.at >= resourceLimits.resource_offer_rest_ms
  )
}

/** Parts that the offer needs. */
export interface OwnOfferNeeds {
  readonly self: AgentKey
  readonly ledger: Ledger
  readonly clock: Pick<Clock, 'now'>
  readonly emit: Emit
  /** What this machine shares; null if it shares nothing now. */
  capacity(): Requirements | null
}

/** The offer of this machine. */
export class OwnOfferKeeper {
  readonly #needs: OwnOfferNeeds
  #last: OwnOffer | null = null
  #writing: Promise<OwnOffer> | null = null

  constructor(needs: OwnOfferNeeds) {
    this.#needs = needs
  }

  /**
   * Returns the offer that says what is shared now, and writes it if need be. Rejects with `RIPPLE_RESOURCE_REFUSED` if nothing is
   * shared, and as a write does.
   */
  current(signal: AbortSignal): Promise<OwnOffer> {
    this.#writing ??= this.#make(signal).finally(() => {
      this.#writing = null
    })
    return this.#writing
  }

  async #make(signal: AbortSignal): Promise<OwnOffer> {
    const { ledger, clock, capacity: shared, self, emit } = this.#needs
    const capacity = shared()
    if (capacity === null)
      throw new RippleError('RIPPLE_RESOURCE_REFUSED', { node: self, detail: 'it shares nothing now' })
    const dna = ledger.current()
    const now = clock.now()
    if (this.#last?.dna !== dna) this.#last = await this.#read(dna, now, signal)
    if (this.#last !== null && !isOfferDue(this.#last, { dna, capacity }, now)) return this.#last
    const expires_at = now + resourceLimits.resource_offer_ms
    const offer = { resource_type: 'compute', capacity, price_milli: null, expires_at } as const
    const hash = await ledger.offer(offer, signal)
    emit({ type: 'resource_offered', offer: hash, expires_at })
    this.#last = { hash, dna, capacity, expires_at, at: now }
    return this.#last
  }

  /** Reads the newest offer of an earlier run. */
  async #read(dna: DnaHash, now: Millis, signal: AbortSignal): Promise<OwnOffer | null> {
    const offers = await this.#needs.ledger.offers(this.#needs.self, now, signal)
    const last = offers.findLast(({ entry }) => entry.dna_hash === dna)
    if (!last) return null
    const { capacity, expires_at } = last.entry
    return { hash: last.hash, dna, capacity, expires_at, at: last.at }
  }
}
