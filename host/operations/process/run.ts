/** Runs the operations that start and stop the daemon and the meeting point. */
import type { z } from 'zod'
import type { ConfigLayer } from '../../config/settings.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { daemonStopMs } from '../../limits.ts'
import type { Local, Ready } from '../local.ts'
import { stop } from '../machine/shape.ts'
import { type Handler, handle } from '../operation.ts'
import { callOperation } from '../remote.ts'
import { down, relay, up } from './shape.ts'

/** The operations that start and stop processes. */
export const processHandlers: readonly Handler<Local>[] = [
  handle(up, startDaemon),
  handle(down, (local: Local, _given, signal) => stopDaemon(local, signal)),
  handle(relay, async (local: Local, given, signal) => {
    const { listen, new: anew, tls_cert: cert, tls_key: key } = given
    if ((cert === undefined) !== (key === undefined))
      throw new RippleError('RIPPLE_USAGE', { detail: '--tls-cert and --tls-key go together' })
    const tls = cert === undefined || key === undefined ? null : { cert, key }
    if (given.print_unit)
      return { url: null, join: null, unit: await local.relayUnit({ listen, tls }, signal) }
    const server = await local.relay({ listen, anew, tls }, signal)
    local.hold(server.ended)
    return { ...server.ready, unit: null }
  }),
]

/** Stops the data folder's daemon, and waits for its end. Rejects with `RIPPLE_TIMEOUT`. */
export async function stopDaemon(local: Local, signal: AbortSignal): Promise<z.output<typeof down.output>> {
  if ((await local.pid()) === null) return { pid: null, stopped: false }
  const { pid } = await callOperation(local, stop, {}, signal)
  if (!(await local.gone(pid, daemonStopMs, signal)))
    throw new RippleError('RIPPLE_TIMEOUT', { what: 'the stop', ms: daemonStopMs })
  return { pid, stopped: true }
}

async function startDaemon(
  local: Local,
  given: z.output<typeof up.input>,
  signal: AbortSignal,
): Promise<Ready> {
  if (given.local !== undefined && (given.bootstrap !== undefined || (given.network ?? 'local') !== 'local'))
    throw new RippleError('RIPPLE_USAGE', { detail: '--local names a network, and so does another flag' })
  const named = layerOf(given)
  if (given.session) return startSession(local, given, named, signal)
  // A failure here is ignored: the start itself finds a daemon that does not answer.
  const running = await local.running(signal).catch(() => null)
  if (running !== null) return { ...running, same_network: isOn(running, given.bootstrap) }
  const flags = await withOpen(local, named, signal)
  if (given.detach) return local.detach(flags, signal)
  const daemon = await local.serve(local.configure(flags), signal)
  local.hold(daemon.ended)
  return daemon.ready
}

async function startSession(
  local: Local,
  { detach }: z.output<typeof up.input>,
  flags: ConfigLayer,
  signal: AbortSignal,
): Promise<Ready> {
  if (detach)
    throw new RippleError('RIPPLE_USAGE', {
      detail: '--session ends with its terminal, and --detach outlives it',
    })
  const daemon = await local.serveSession({ api: { port: 0 }, ...flags }, signal)
  local.hold(daemon.ended)
  return daemon.ready
}

/**
 * Offers a person, at the first start of a folder on a local network, to accept every machine of that network. The answer is
 * remembered with the network.
 */
async function withOpen(local: Local, flags: ConfigLayer, signal: AbortSignal): Promise<ConfigLayer> {
  const { network, bootstrap_url, joins, local: lan } = local.configure(flags)
  if (network !== 'local' || bootstrap_url !== null || joins !== 'new' || lan.open) return flags
  const question = `machines of this LAN on the network '${lan.name}' will see this one: accept all of them, to give and take tasks? ('ripple peer accept NAME' accepts one later)`
  return (await local.confirm(question, signal)) ? { ...flags, local: { ...flags.local, open: true } } : flags
}

/**
 * Returns whether a daemon is on the network that a URL names; null if none is named. A local network has one name, but
 * its server may have several addresses.
 */
function isOn({ server, join }: Ready, asked: string | undefined): boolean | null {
  if (asked === undefined) return null
  const url = /https?:[^']+/.exec(join ?? '')?.[0] ?? server
  if (url === null) return false
  const here = new URL(url)
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
    ...(given.peer === undefined ? {} : { net: { peers: [given.peer] } }),
    ...(given.port === undefined ? {} : { api: { port: given.port } }),
  }
}
