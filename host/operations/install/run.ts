/** Runs the operations that install Ripple on a machine and remove it. */
import type { Local, LocalService } from '../local.ts'
import { type Handler, handle } from '../operation.ts'
import {
  serviceInstall,
  serviceStatus,
  serviceUninstall,
  toolsExport,
  toolsServe,
  uninstall,
} from './shape.ts'

interface HasService {
  readonly service: Pick<LocalService, 'status'>
}

/** The operation that shows the service, in the command itself and in the daemon. */
export const serviceHandler: Handler<HasService> = handle(
  serviceStatus,
  ({ service }: HasService, _given, signal) => service.status(signal),
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
