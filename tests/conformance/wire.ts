import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to a node on loopback that can be cut as a network is: nothing says so, and nothing gets through. */
export interface Wire extends AsyncDisposable {
  /** Multiaddr by which the node is reached over this wire. */
  readonly address: string
  /** Connections that were made over it so far. */
  connections(): number
  /** Lets nothing through any more of the connections that there are; new ones are as ever. */
  hold(): void
}

/** Lays a wire to the node that listens at a multiaddr of IPv4 and TCP. */
export async function openWire(to: string): Promise<Wire> {
  const [, , host = '', , port = ''] = to.split('/')
  const pairs: [Socket, Socket][] = []
  const server = createServer((near) => {
    const far = connect(Number(port), host)
    pairs.push([near, far])
    near.pipe(far).pipe(near)
    for (const end of [near, far]) end.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}`,
    connections: () => pairs.length,
    hold: () => {
      for (const end of pairs.flat()) end.unpipe().pause()
    },
    [Symbol.asyncDispose]: async () => {
      for (const end of pairs.flat()) end.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
