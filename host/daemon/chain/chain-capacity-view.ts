/** Shows the operations how full a chain is. */
import { type ChainCapacity, chainPlacesLeft } from '../../mesh/state/chain-capacity.ts'
import type { ChainCapacityView } from '../../operations/context.ts'

/** Returns the state of an own chain's space for the operations. */
export function chainCapacityView(room: ChainCapacity): ChainCapacityView {
  const { written: actions, reserved, max } = room
  return { actions, reserved, max, ...chainPlacesLeft(room) }
}
