/** What counts first when a peer is chosen. */
export type Prefer = 'any' | 'nearest' | 'cheapest' | 'fastest'

/** How the peers that can run a task are ordered. */
export type Strategy = 'locality_aware_binpack' | 'weighted_score'

/** How a poster chooses among the peers that can run its task. */
export interface Placement {
  readonly prefer: Prefer
  readonly strategy: Strategy
}

/** How a task is placed that says nothing of it. */
export const defaultPlacement: Placement = { prefer: 'any', strategy: 'locality_aware_binpack' }
