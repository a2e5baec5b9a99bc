import type { AddressInfo } from 'node:net'
import type { ConnectionBounds } from '../../../host/api/connections.ts'
import { buildApi } from '../../../host/api/server.ts'
import type { Context } from '../../../host/operations/context.ts'
import { forever } from '../../harness/forever.ts'
import { stubContext } from './stub-context.ts'

/** The token that lets in. */
export const token = 'a'.repeat(43)
/** The key that lets in under `/v1` alone. */
export const openaiKey = 'b'.repeat(43)
/** The address for requests that come by no socket. */
export const host = '127.0.0.1:4747'

/** Opens the daemon's API over a context of which only the given parts may be used. The caller closes it. */
export function stubApi(
  given: Partial<Context> = {},
  port = () => 4747,
  signal = forever,
  bounds: ConnectionBounds | undefined = undefined,
) {
  const needs = { context: stubContext(given), token, openaiKey, emit: () => {}, port, signal }
  return buildApi(bounds ? { ...needs, bounds } : needs)
}

/** The same on a free port of loopback; `given` may be told its address once there is one. */
export async function listeningApi(
  given: Partial<Context> | ((url: () => string) => Partial<Context>),
  options: {
    readonly signal?: AbortSignal
    readonly bounds?: ConnectionBounds
    prepare?(app: ReturnType<typeof stubApi>): void
  } = {},
) {
  let port = 0
  const url = (): string => `http://127.0.0.1:${port}`
  const app = stubApi(
    typeof given === 'function' ? given(url) : given,
    () => port,
    options.signal,
    options.bounds,
  )
  options.prepare?.(app)
  await app.listen({ host: '127.0.0.1', port: 0 })
  port = (app.server.address() as AddressInfo).port
  return { app, port, url: url() }
}
