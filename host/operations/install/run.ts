/** Runs the operations that install Ripple on a machine and remove it. */
import type { Local } from '../local.ts'
import { type Handler, handle } from '../operation.ts'
import { toolsExport, toolsServe } from './shape.ts'

/** The operations of an installation that can be called. */
export const installHandlers: readonly Handler<Local>[] = [
  handle(toolsExport, (local: Local, { file }, signal) => local.exportTools(file ?? '.', signal)),
  handle(toolsServe, async (local: Local, { listen }, signal) => {
    const server = await local.serveTools(listen, signal)
    local.hold(server.ended)
    return server.ready
  }),
]
