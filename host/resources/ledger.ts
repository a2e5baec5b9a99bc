/** Reads and writes offers and allocations in the cells of the open epochs. */
import type { Allocation, ResourceOffer } from '../../zomes-bindings/generated/resource-mesh.ts'
import type { Written } from '../../zomes-bindings/generated/shared.ts'
import type { Resources as Cell } from '../../zomes-bindings/index.ts'
import { RippleError } from '../errors/ripple-error.ts'
import type { ActionHash, AgentKey, DnaHash, Millis } from '../types/events.ts'

/** The open epochs, oldest first, and the one to which new entries go. */
export interface LedgerNeeds {
  list(): readonly { readonly dht: { readonly dnaHash: DnaHash; readonly resources: Cell } }[]
  current(): DnaHash
}

/** An entry without the epoch that it is written to. */
type Unplaced<T> = Omit<T, 'dna_hash'>

/** Offers and allocations of all agents, as far as this machine has them. All calls reject as zome calls do. */
export interface Ledger {
  /** Returns the epoch to which new entries go. */
  current(): DnaHash
  /** Returns an owner's offers in all open epochs that have not ended, oldest first. */
  offers(owner: AgentKey, now: Millis, signal: AbortSignal): Promise<Written<ResourceOffer>[]>
  /** Returns the entries of an owner's allocations in all open epochs that have not ended, oldest first. */
  allocations(owner: AgentKey, now: Millis, signal: AbortSignal): Promise<Written<Allocation>[]>
  offer(offer: Unplaced<ResourceOffer>, signal: AbortSignal): Promise<ActionHash>
  allocate(allocation: Unplaced<Allocation>, signal: AbortSignal): Promise<ActionHash>
}

/** Opens the ledger over the epochs of a conductor. */
export function openLedger({ list, current }: LedgerNeeds): Ledger {
  const cell = (dna: DnaHash): Cell => {
    const found = list().find(({ dht }) => dht.dnaHash === dna)
    if (!found) throw new RippleError('RIPPLE_DHT_REFUSED', { detail: 'its epoch is not open here any more' })
    return found.dht.resources
  }
  return {
    current,
    offers: async (agent, now, signal) => {
      const found = list().map(({ dht }) => dht.resources.offers({ agent, now }, signal))
      return (await Promise.all(found)).flat().toSorted((a, b) => a.at - b.at)
    },
    allocations: async (agent, now, signal) => {
      const found = list().map(({ dht }) => dht.resources.allocations({ agent, now }, signal))
      return (await Promise.all(found)).flat()
    },
    offer: async (offer, signal) => {
      const dna_hash = current()
      return cell(dna_hash).offer({ dna_hash, ...offer }, signal)
    },
    allocate: async (allocation, signal) => {
      const dna_hash = current()
      return cell(dna_hash).allocate({ dna_hash, ...allocation }, signal)
    },
  }
}
