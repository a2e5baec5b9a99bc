// A proxy that forwards nothing and records each byte that it gets.
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** A proxy for programs to be pointed at. */
export interface RecordingProxy extends AsyncDisposable {
  readonly url: string
  /** All bytes that it got. */
  heard(): string
}

/** Starts a proxy on a free port of loopback. */
export async function recordingProxy(): Promise<RecordingProxy> {
  const sockets = new Set<Socket>()
  let heard = ''
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1')
      socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    heard: () => heard,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
