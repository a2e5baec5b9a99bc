/** Runs the operations that start and stop the daemon and the bootstrap server. */
import type { z } from 'zod'
import type { ConfigLayer } from '../../config/settings.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { daemonStopMs } from '../../limits.ts'
import type { Local, Ready } from '../local.ts'
import { stop } from '../machine/shape.ts'
import { type Handler, handle } from '../operation.ts'
import { callOperation } from '../remote.ts'
import { bootstrap, down, up } from './shape.ts'

/** The operations that start and stop processes. */
export const processHandlers: readonly Handler<Local>[] = [
  handle(up, startDaemon),
  handle(down, async (local: Local, _given, signal) => {
    if ((await local.pid()) === null) return { pid: null, stopped: false }
    const { pid } = await callOperation(local, stop, {}, signal)
    if (!(await local.gone(pid, daemonStopMs, signal)))
      throw new RippleError('RIPPLE_TIMEOUT', { what: 'the stop', ms: daemonStopMs })
    return { pid, stopped: true }
  }),
  handle(bootstrap, async (local: Local, given, signal) => {
    const server = await local.bootstrap(given.listen, given.new, signal)
    local.hold(server.ended)
    return { url: server.ready.url, join: `ripple up --bootstrap '${server.ready.url}'` }
  }),
]

async function startDaemon(
  local: Local,
  given: z.output<typeof up.input>,
  signal: AbortSignal,
): Promise<Ready> {
  if (given.local !== undefined && (given.bootstrap !== undefined || (given.network ?? 'local') !== 'local'))
    throw new RippleError('RIPPLE_USAGE', { detail: '--local names a network, and so does another flag' })
  const flags = layerOf(given)
  // A failure here is ignored: the start itself finds a daemon that does not answer.
  const running = await local.running(signal).catch(() => null)
  if (running !== null) return { ...running, same_network: isOn(running, given.bootstrap) }
  if (given.detach) return local.detach(flags, signal)
  const daemon = await local.serve(local.configure(flags), signal)
  local.hold(daemon.ended)
  return daemon.ready
}

/**
 * Returns whether a daemon is on the network that a URL names; null if none is named. A local network has one name, but
 * its server may have several addresses.
 */
function isOn({ server, join }: Ready, asked: string | undefined): boolean | null {
  if (asked === undefined) return null
  const here = new URL(/https?:[^']+/.exec(join ?? '')?.[0] ?? server)
  const wanted = new URL(asked)
  return here.hash === wanted.hash && (here.hash !== '' || here.href === wanted.href)
}

function layerOf(given: z.output<typeof up.input>): ConfigLayer {
  return {
    ...(given.network === undefined ? {} : { network: given.network }),
    ...(given.name === undefined ? {} : { name: given.name }),
    ...(given.bootstrap === undefined ? {} : { bootstrap_url: given.bootstrap }),
    // The flag wins over a server that the configuration names.
    ...(given.local === undefined
      ? {}
      : { network: 'local', local: { name: given.local }, bootstrap_url: null }),
    ...(given.port === undefined ? {} : { api: { port: given.port } }),
  }
}
