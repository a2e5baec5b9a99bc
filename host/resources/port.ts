/** Declares what operations may do with the resources of the mesh. */
import type { Locality, ResourceKind, Wanted } from '../types/allocation.ts'
import type { Principal } from '../types/principal.ts'
import type { Offered } from './pick.ts'
import type { Running } from './running.ts'

/** A wish for an allocation. */
export interface AllocationWish {
  readonly resource_type: ResourceKind
  readonly requirements: Wanted
  readonly locality_preference: Locality
  readonly duration_s: number
  /** The id of a running allocation, which is renewed, or of a new one; null: one is made. */
  readonly allocation_id: string | null
  /** The machine that is asked, by its name or key; null: the best one. */
  readonly node: string | null
  readonly principal: Principal
}

/** The offers and allocations of the mesh. */
export interface Resources {
  /** Lists what machines that are there offer and have left, and the allocations of which this machine is a part. */
  query(
    signal: AbortSignal,
  ): Promise<{ readonly offers: readonly Offered[]; readonly running: readonly Running[] }>
  /**
   * Allocates a share of a machine, or renews an allocation. Rejects with `RIPPLE_RESOURCE_INVALID`, `RIPPLE_RESOURCE_NONE`,
   * `RIPPLE_RESOURCE_REFUSED`, `RIPPLE_PEER_UNKNOWN`, `RIPPLE_PEER_UNREACHABLE`.
   */
  allocate(wish: AllocationWish, signal: AbortSignal): Promise<Running>
  /**
   * Ends an allocation that this machine holds or gave, and returns it. Rejects with `RIPPLE_ALLOCATION_UNKNOWN`,
   * `RIPPLE_PEER_UNREACHABLE`, and as a write does.
   */
  release(id: string, signal: AbortSignal): Promise<Running>
}
