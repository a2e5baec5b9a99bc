import { type ChainRoom, chainLeft } from '../mesh/room.ts'
import type { RoomView } from '../operations/context.ts'

/** How full an own chain is, as the operations see it. */
export function roomView(room: ChainRoom): RoomView {
  const { written: actions, reserved, max } = room
  return { actions, reserved, max, ...chainLeft(room) }
}
