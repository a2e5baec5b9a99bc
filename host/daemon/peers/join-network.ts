/** Joins the configured network: finds its server, or leaves that to the machines of the LAN. */
import type { Config } from '../../config/config.ts'
import { joinUrl, type Network, readNetwork, resolveNetwork } from '../../config/network.ts'
import { readPrivateNetwork } from '../../config/private-networks.ts'
import { toRippleError } from '../../errors/ripple-error.ts'
import { checkBootstrap } from '../../processes/bootstrap-server.ts'
import { type Forwarder, openForwarder } from '../../processes/forwarder.ts'
import type { Emit } from '../../telemetry/events.ts'
import { failureOf } from '../../telemetry/history.ts'

/** A network that this daemon is on. */
export interface Joined {
  readonly network: Network
  /** The server that carries bootstrap and relay; null if the machines of the LAN choose one. */
  readonly bootstrapUrl: string | null
  /** The loopback port by which the conductor reaches the server. */
  readonly forwarder: Forwarder
  /** The command by which another machine joins; null if the network's file names its server, or it takes an invite. */
  readonly join: string | null
  /** Whether this start named the network, reuses the last run's, or takes the default. */
  readonly how: Config['joins']
}

/** Parts and settings that joining uses. */
export interface JoinNeeds {
  readonly config: Config
  readonly emit: Emit
  /** Shows a line to a person who waits. */
  readonly say: (line: string) => void
  /** Owns what was opened until the daemon stops. */
  readonly stack: AsyncDisposableStack
}

/**
 * Determines the network, and opens the loopback port by which the conductor reaches its server. Rejects with
 * `RIPPLE_NETWORK_INVALID`, `RIPPLE_PORT_TAKEN`.
 */
export async function joinNetwork(needs: JoinNeeds, signal: AbortSignal): Promise<Joined> {
  const { config, stack } = needs
  const file = readNetwork(config.network, config.network_file)
  const network = resolveNetwork(file, { bootstrap: config.bootstrap_url, localName: config.local.name })
  const { bootstrapUrl } = network
  if (bootstrapUrl !== null) await warnIfDown(bootstrapUrl, needs.say, signal, needs.emit)
  const options = { seed: network.seed, port: network.forwardPort, target: bootstrapUrl }
  const forwarder = stack.use(await openForwarder(options))
  needs.emit({
    type: 'network_joined',
    network: network.name,
    forwarder: forwarder.url,
    server: bootstrapUrl,
  })
  const { localName } = network
  const isPrivate = localName !== null && (await readPrivateNetwork(config.data, localName)) !== null
  return {
    network,
    bootstrapUrl,
    forwarder,
    how: config.joins,
    join: isPrivate ? null : joinCommand(network),
  }
}

/** Returns the command by which another machine joins; null if that needs no words. Pure. */
export function joinCommand({ localName, bootstrapUrl }: Network): string | null {
  if (localName === null) return null
  if (bootstrapUrl !== null) return `ripple up --bootstrap '${joinUrl(bootstrapUrl, localName)}'`
  return localName === 'home' ? 'ripple up' : `ripple up --local ${localName}`
}

/** Warns if a server does not answer, but does not fail: it may start later, and the conductor then finds it. */
export async function warnIfDown(
  url: string,
  say: JoinNeeds['say'],
  signal: AbortSignal,
  emit?: Emit,
): Promise<void> {
  try {
    await checkBootstrap(url, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    const { code, message, hint } = toRippleError(thrown)
    emit?.({ type: 'server_unreachable', server: url, ...failureOf(thrown) })
    say(`warning: ${message} [${code}]\nhint: ${hint}`)
  }
}
