/** Joins the configured network, and runs its bootstrap server if need be. */
import { join } from 'node:path'
import type { Config } from '../../config/config.ts'
import { joinUrl, type Network, readNetwork, resolveNetwork } from '../../config/network.ts'
import type { DataPaths } from '../../config/paths.ts'
import { toRippleError } from '../../errors/ripple-error.ts'
import { type BootstrapServer, checkBootstrap, runBootstrapServer } from '../../processes/bootstrap-server.ts'
import { type Forwarder, openForwarder } from '../../processes/forwarder.ts'
import type { Emit } from '../../telemetry/events.ts'
import { failureOf } from '../../telemetry/history.ts'

/** A network that this daemon can reach. */
export interface Joined {
  readonly network: Network
  /** The server that carries bootstrap and relay. */
  readonly bootstrapUrl: string
  /** The command by which another machine joins; null if the network's file names its server. */
  readonly join: string | null
  /** Whether this start named the network, reuses the last run's, or takes the default. */
  readonly how: Config['joins']
}

/** Parts and settings that joining uses. */
export interface JoinNeeds {
  readonly config: Config
  readonly paths: DataPaths
  readonly emit: Emit
  /** Shows a line to a person who waits. */
  readonly say: (line: string) => void
  /** Finds the bootstrap server's program; called only if an own server is needed. */
  findBootstrapProgram(): Promise<string>
  /** Owns what was opened until the daemon stops. */
  readonly stack: AsyncDisposableStack
}

/** The address of an own server: conductors see only the forwarder, so any port will do. */
const OWN_SERVER = '127.0.0.1:0'

/**
 * Finds the network's server, or runs an own one on loopback if none is named. Then opens the loopback port by which
 * the conductor reaches that server. Rejects with `RIPPLE_NETWORK_INVALID`, `RIPPLE_PORT_TAKEN`, `RIPPLE_BOOTSTRAP_START`.
 */
export async function joinNetwork(needs: JoinNeeds, signal: AbortSignal): Promise<Joined> {
  const { config, stack } = needs
  const file = readNetwork(config.network, config.network_file)
  const network = resolveNetwork(file, { bootstrap: config.bootstrap_url, localName: config.local.name })
  const server = network.bootstrapUrl === null ? stack.use(await ownServer(needs, signal)) : null
  const bootstrapUrl = network.bootstrapUrl ?? server?.url ?? ''
  if (server === null) await warnIfDown(bootstrapUrl, needs.say, signal, needs.emit)
  const options = { seed: network.seed, port: network.forwardPort, target: bootstrapUrl }
  const forwarder: Forwarder = stack.use(await openForwarder(options))
  needs.emit({
    type: 'network_joined',
    network: network.name,
    forwarder: forwarder.url,
    server: bootstrapUrl,
  })
  const url = joinUrl(bootstrapUrl, network.localName)
  return {
    network,
    bootstrapUrl,
    how: config.joins,
    join: network.localName === null ? null : `ripple up --bootstrap '${url}'`,
  }
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

async function ownServer(needs: JoinNeeds, signal: AbortSignal): Promise<BootstrapServer> {
  const options = {
    program: await needs.findBootstrapProgram(),
    listen: OWN_SERVER,
    folder: needs.paths.conductor,
    logFile: join(needs.paths.logs, 'bootstrap.log'),
    onEvent: needs.emit,
  }
  return runBootstrapServer(options, signal)
}
