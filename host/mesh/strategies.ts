import type { Prefer } from '../../zomes-bindings/generated/Prefer.ts'
import type { Traits } from './traits.ts'

/**
 * compute_policy's `locality_aware_binpack`: what the poster prefers, then where the model is, then the tightest memory
 * that suffices, then the fewest grants held, then the least load. Lower comes first.
 */
export function binpackKey(traits: Traits, prefer: Prefer): readonly number[] {
  return [preferKey(traits, prefer), traits.local ? 0 : 1, traits.spare, traits.held, traits.busy]
}

/** No price reaches a peer's card yet, so the cheapest is the one with the least load. */
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

/** What each share counts for in `weighted_score`, in percent of the whole. */
const weights = {
  /** The model is there: loading one over the network costs minutes. */
  local: 35,
  /** What the poster prefers; the same for all where it prefers nothing. */
  prefer: 30,
  /** How tightly the memory fits, which keeps large machines free for large tasks. */
  fit: 15,
  /** How few grants it holds. */
  room: 10,
  /** How idle it is. */
  idle: 10,
} as const

/** Speed that gives half of the share of `fastest`, in tokens a second: about what a desktop's GPU reaches. */
const speedHalf = 50

/** Doublings of spare memory that give no share of `fit` any more: a machine of 16 TiB for a task of none. */
const spareMax = 24

/** The strategy `weighted_score`: the highest score first. */
export function scoreKey(traits: Traits, prefer: Prefer): readonly number[] {
  return [-scoreOf(traits, prefer)]
}

/**
 * A peer's score, from 0 to 1000: the sum of its shares, each between 0 and 1, times their weights. No share depends on
 * other peers, so two peers keep their order whoever comes or goes.
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
