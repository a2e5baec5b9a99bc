/** Opens and closes the WebSocket connections to a conductor. */
import { AdminWebsocket, type AppClientTransport, AppWebsocket, WsClient } from '@holochain/client'
import { limits } from '../../limits.ts'
import { onlyOrigin, originIn, randomOrigin } from '../../processes/origin.ts'

/** Connects to the admin interface of a conductor on this machine. Rejects as the client does. */
export function connectAdmin(port: number, origin: string): Promise<AdminWebsocket> {
  return AdminWebsocket.connect(connection(port, origin))
}

/** Connects to an app, enabled or not, through an interface with a secret origin. Rejects as the client does. */
export async function connectApp(admin: AdminWebsocket, id: string): Promise<AppWebsocket> {
  const { port, origin } = await appInterface(admin)
  const { token } = await admin.issueAppAuthenticationToken({
    installed_app_id: id,
    single_use: false,
    expiry_seconds: 0,
  })
  return AppWebsocket.connect({ ...connection(port, origin), token })
}

/**
 * Finds the app interface, or adds one. A conductor keeps its interfaces for ever and no call removes one. So the origin
 * stays the same, and the conductor itself stores it. An interface of an earlier version is not used, because its origin
 * can be guessed.
 */
async function appInterface(admin: AdminWebsocket): Promise<{ port: number; origin: string }> {
  for (const { port, allowed_origins } of await admin.listAppInterfaces()) {
    const origin = originIn(allowed_origins)
    if (origin !== null) return { port, origin }
  }
  const origin = randomOrigin()
  const { port } = await admin.attachAppInterface({ port: 0, allowed_origins: onlyOrigin(origin) })
  return { port, origin }
}

/** Closes a connection unless either end has closed it already. */
export async function closeClient(client: AppClientTransport): Promise<void> {
  if (client instanceof WsClient && client.socket.readyState < client.socket.CLOSING) await client.close()
}

function connection(port: number, origin: string) {
  return {
    url: new URL(`ws://127.0.0.1:${port}`),
    wsClientOptions: { origin },
    defaultTimeout: limits.conductor_admin_ms,
  }
}
