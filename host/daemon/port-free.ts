import { createServer } from 'node:net'
import { RippleError } from '../errors/ripple-error.ts'

/** Resolves when the loopback port can be listened on. Rejects with `RIPPLE_PORT_TAKEN`. */
export async function portIsFree(port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const server = createServer()
  server.once('error', (cause) => reject(new RippleError('RIPPLE_PORT_TAKEN', { port }, { cause })))
  server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve()))
  await promise
}
