/** Chooses the machine for an allocation. */
import type { Requirements } from '../../zomes-bindings/generated/resource-mesh.ts'
import { compareKeys } from '../mesh/placement/rank.ts'
import type { Locality } from '../types/allocation.ts'
import type { AgentKey, Millis } from '../types/events.ts'
import { covers } from './amounts.ts'

/** What a machine offers now. */
export interface Offered {
  readonly node: AgentKey
  readonly name: string
  readonly self: boolean
  readonly capacity: Requirements
  /** The part of the capacity that nobody holds. */
  readonly free: Requirements
  /** Credits per unit and hour, in thousandths; null means free of charge. */
  readonly price_milli: number | null
  readonly expires_at: Millis
  /** 0 on this machine, 1 in its region, 2 in another one, 3 if unknown. */
  readonly distance: number
  /** Measured tokens a second, less the busy part; 0 if not measured. */
  readonly speed: number
  /** How busy it is, in percent. */
  readonly busy: number
}

/**
 * Returns the machines whose free amount covers a share, best first. This machine ranks like any other where the nearest or the
 * fastest is wanted, and else comes last, as for tasks.
 */
export function pick(offers: readonly Offered[], share: Requirements, prefer: Locality): Offered[] {
  const isLast = ({ self }: Offered) => self && (prefer === 'any' || prefer === 'cheapest')
  const keyOf = (one: Offered) => [isLast(one) ? 1 : 0, ...preferKey(one, prefer), one.busy, one.node]
  return offers
    .filter(({ free }) => covers(free, share))
    .map((offer) => ({ offer, key: keyOf(offer) }))
    .sort((a, b) => compareKeys(a.key, b.key))
    .map(({ offer }) => offer)
}

function preferKey({ distance, price_milli, speed, free }: Offered, prefer: Locality): readonly number[] {
  switch (prefer) {
    case 'any':
      return []
    case 'nearest':
      return [distance]
    case 'cheapest':
      return [price_milli ?? 0]
    case 'fastest':
      return [-speed, -free.cpu_cores]
  }
}
