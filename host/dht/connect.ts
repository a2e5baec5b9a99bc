import { AdminWebsocket, type AppClientTransport, AppWebsocket, WsClient } from '@holochain/client'
import { limits } from '../limits.ts'

/** Connects to the admin interface of a conductor on this machine. Rejects as the client does. */
export function connectAdmin(port: number, origin: string): Promise<AdminWebsocket> {
  return AdminWebsocket.connect(connection(port, origin))
}

/** Connects to an app, enabled or not, by an interface that takes this origin alone. Rejects as the client does. */
export async function connectApp(admin: AdminWebsocket, id: string, origin: string): Promise<AppWebsocket> {
  const [known] = await admin.listAppInterfaces()
  const { port } = known ?? (await admin.attachAppInterface({ port: 0, allowed_origins: origin }))
  const { token } = await admin.issueAppAuthenticationToken({
    installed_app_id: id,
    single_use: false,
    expiry_seconds: 0,
  })
  return AppWebsocket.connect({ ...connection(port, origin), token })
}

/** Ends a connection, whichever end has closed it already. */
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
