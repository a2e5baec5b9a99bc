/** Runs the operations that install Ripple on a machine and remove it. */
import type { Context } from '../context.ts'
import type { Local } from '../local.ts'
import { type Handler, handle } from '../operation.ts'
import {
  serviceInstall,
  serviceStatus,
  serviceUninstall,
  toolsExport,
  toolsServe,
  uninstall,
} from './shape.ts'

/** The operation that shows the service, in the command itself and in the daemon. */
export const serviceHandler: Handler<Pick<Context, 'service'>> = handle(
  serviceStatus,
  ({ service }, _given, signal) => service.status(signal),
)

/** The operations of an installation that can be called. */
export const installHandlers: readonly Handler<Local>[] = [
  handle(toolsExport, (local: Local, { file }, signal) => local.exportTools(file ?? '.', signal)),
  handle(toolsServe, async (local: Local, { listen }, signal) => {
    const server = await local.serveTools(listen, signal)
    local.hold(server.ended)
    return server.ready
  }),
  handle(serviceInstall, (local: Local, { print }, signal) => local.service.install(print, signal)),
  handle(serviceUninstall, (local: Local, _given, signal) => local.service.uninstall(signal)),
  handle(uninstall, (local: Local, wish, signal) => local.uninstall(wish, signal)),
  serviceHandler,
]
