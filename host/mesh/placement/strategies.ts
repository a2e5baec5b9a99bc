/** Computes the sort keys of the placement strategies. */
import type { Prefer } from '../../../zomes-bindings/generated/resource-mesh.ts'
import type { Traits } from './traits.ts'

/**
 * Returns the key of compute_policy's `locality_aware_binpack`. It compares the poster's preference, then whether the
 * model is there, then the tightest memory that suffices. The fewest grants held and the least load come last. Lower
 * comes first.
 */
export function binpackKey(traits: Traits, prefer: Prefer): readonly number[] {
  return [preferKey(traits, prefer), traits.local ? 0 : 1, traits.spare, traits.held, traits.busy]
}

/**
 * Returns the key of the preference. No price reaches a peer's card yet, so the cheapest is the one with the least load.
 */
function preferKey(traits: Traits, prefer: Prefer): number {
  switch (prefer) {
    case 'any':
      return 0
    case 'nearest':
      return traits.distance
    case 'cheapest':
      return traits.busy
    case 'fastest':
      return -traits.speed
  }
}

/** Weights of the shares in `weighted_score`, in percent of the whole. */
const weights = {
  /** The presence of the model: loading one over the network costs minutes. */
  local: 35,
  /** The poster's preference; the same for all peers without one. */
  prefer: 30,
  /** The fit of the memory. A tight fit keeps large machines free for large tasks. */
  fit: 15,
  /** The smallness of the number of grants held. */
  room: 10,
  /** The idle part of the machine. */
  idle: 10,
} as const

/** The speed that gives half of the share of `fastest`, in tokens a second: about that of a desktop's GPU. */
const speedHalf = 50

/** Doublings of spare memory at which the share of `fit` is 0: a machine of 16 TiB for a task that needs none. */
const spareMax = 24

/** Returns the key of the strategy `weighted_score`: the highest score comes first. */
export function scoreKey(traits: Traits, prefer: Prefer): readonly number[] {
  return [-scoreOf(traits, prefer)]
}

/**
 * Returns a peer's score, from 0 to 1000: the sum of its shares, each between 0 and 1, times their weights. No share
 * depends on other peers, so two peers keep their order when others come or go.
 */
export function scoreOf(traits: Traits, prefer: Prefer): number {
  const idle = 1 - traits.busy / 100
  const shares = {
    local: traits.local ? 1 : 0,
    prefer: preferShare(traits, prefer, idle),
    fit: 1 - Math.min(traits.spare, spareMax) / spareMax,
    room: 1 / (1 + traits.held),
    idle,
  }
  const sum = Object.entries(weights).reduce(
    (total, [name, weight]) => total + weight * shares[name as keyof typeof weights],
    0,
  )
  return Math.round(10 * sum)
}

function preferShare(traits: Traits, prefer: Prefer, idle: number): number {
  switch (prefer) {
    case 'any':
      return 0
    case 'nearest':
      return 1 - traits.distance / 3
    case 'cheapest':
      return idle
    case 'fastest':
      return traits.speed / (traits.speed + speedHalf)
  }
}
