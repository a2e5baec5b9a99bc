/** A ledger in memory, with the zome's rule that a key is written once. */
import type { Ledger } from '../../../host/resources/ledger.ts'
import type { Allocation, ResourceOffer } from '../../../zomes-bindings/generated/resource-mesh.ts'
import type { Written } from '../../../zomes-bindings/generated/shared.ts'

/** Entries of all machines. */
export interface Entries {
  readonly offers: Written<ResourceOffer>[]
  readonly allocations: Written<Allocation>[]
}

/** Makes the ledger of an agent over entries that several share. */
export function memoryLedger(author: string, { offers, allocations }: Entries): Ledger {
  const written = <T>(entry: T, seq: number): Written<T> => ({
    ...{ hash: `${author} ${seq}`, author, seq, at: seq },
    entry,
  })
  const living = <T extends { readonly expires_at: number }>(all: Written<T>[], owner: string, now: number) =>
    all.filter((one) => one.author === owner && one.entry.expires_at > now)
  return {
    current: () => 'dna',
    offers: async (owner, now) => living(offers, owner, now),
    allocations: async (owner, now) => living(allocations, owner, now),
    offer: async (offer) => {
      const one = written({ dna_hash: 'dna', ...offer }, offers.length + 1)
      offers.push(one)
      return one.hash
    },
    allocate: async (allocation) => {
      const { allocation_id: id } = allocation
      const earlier = allocations.find((one) => one.author === author && one.entry.allocation_id === id)
      if (earlier) return earlier.hash
      const one = written({ dna_hash: 'dna', ...allocation }, allocations.length + 1)
      allocations.push(one)
      return one.hash
    },
  }
}
