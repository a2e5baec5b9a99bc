/** Listens with an HTTP server on loopback. */
import type { FastifyInstance } from 'fastify'
import { RippleError } from '../errors/ripple-error.ts'

/** A listening server. */
export interface Listening extends AsyncDisposable {
  readonly url: string
  readonly port: number
}

/**
 * Builds a server and listens. `build` gets a function that returns the port, which is known only after listening. Rejects with
 * `RIPPLE_PORT_TAKEN`.
 */
export async function listen(
  build: (port: () => number) => FastifyInstance,
  port: number,
): Promise<Listening> {
  let bound = port
  const app = build(() => bound)
  try {
    await app.listen({ host: '127.0.0.1', port })
  } catch (thrown) {
    await app.close()
    const taken = (thrown as NodeJS.ErrnoException).code === 'EADDRINUSE'
    throw taken ? new RippleError('RIPPLE_PORT_TAKEN', { port }, { cause: thrown }) : thrown
  }
  const address = app.server.address()
  bound = typeof address === 'object' && address !== null ? address.port : port
  return { url: `http://127.0.0.1:${bound}`, port: bound, [Symbol.asyncDispose]: () => app.close() }
}
