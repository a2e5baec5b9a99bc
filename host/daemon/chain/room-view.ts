/** Shows the operations how full a chain is. */
import { type ChainRoom, chainLeft } from '../../mesh/state/room.ts'
import type { RoomView } from '../../operations/context.ts'

/** Returns the state of an own chain's space for the operations. */
export function roomView(room: ChainRoom): RoomView {
  const { written: actions, reserved, max } = room
  return { actions, reserved, max, ...chainLeft(room) }
}
