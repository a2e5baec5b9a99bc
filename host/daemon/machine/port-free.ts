/** Checks whether a TCP port is free. */
import { createServer } from 'node:net'
import { RippleError } from '../../errors/ripple-error.ts'

/** Resolves if the port is free, on loopback unless another address is named. Rejects with `RIPPLE_PORT_TAKEN`. */
export async function portIsFree(port: number, host = '127.0.0.1'): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const server = createServer()
  server.once('error', (cause) => reject(new RippleError('RIPPLE_PORT_TAKEN', { port }, { cause })))
  server.listen({ port, host, exclusive: true }, () => server.close(() => resolve()))
  await promise
}
