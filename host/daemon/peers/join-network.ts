/** Joins the configured network, and runs its bootstrap server if need be. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Config } from '../../config/config.ts'
import { joinUrl, type Network, readNetwork, resolveNetwork } from '../../config/network.ts'
import type { DataPaths } from '../../config/paths.ts'
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import { writeAtomic } from '../../files/write-atomic.ts'
import {
  type BootstrapOptions,
  checkBootstrap,
  runBootstrapServer,
} from '../../processes/bootstrap-server.ts'
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
  /** Whether this start named the network, reuses the last run's, or founded it. */
  readonly how: 'named' | 'last' | 'new'
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

const ANY_PORT = '127.0.0.1:0'

const sessionFile = z.strictObject({ session: z.string(), listening: z.string() })

/**
 * Finds the network's server, or runs an own one on loopback if none is named. Then opens the loopback port by which
 * the conductor reaches that server. An own session keeps its name, and its port if that is free, until a new session
 * is requested. Rejects with `RIPPLE_NETWORK_INVALID`, `RIPPLE_PORT_TAKEN`, `RIPPLE_BOOTSTRAP_START`.
 */
export async function joinNetwork(needs: JoinNeeds, signal: AbortSignal): Promise<Joined> {
  const { config, stack } = needs
  const file = readNetwork(config.network, config.network_file)
  const named = config.bootstrap_url
  if (config.joins === 'new' && file.persistence !== 'session')
    throw new RippleError('RIPPLE_NETWORK_INVALID', {
      network: file.name,
      detail: 'it has no sessions to begin',
    })
  const own = named === null && file.bootstrap_url === null
  const server = own ? await ownServer(needs, signal) : null
  const network = resolveNetwork(file, { bootstrap: named, session: server?.session ?? null })
  const bootstrapUrl = server?.url ?? network.bootstrapUrl
  if (bootstrapUrl === null) {
    throw new RippleError('RIPPLE_NETWORK_INVALID', {
      network: file.name,
      detail: 'no bootstrap server is known',
    })
  }
  if (server === null) await warnIfDown(bootstrapUrl, needs.say, signal, needs.emit)
  const options = { seed: network.seed, port: network.forwardPort, target: bootstrapUrl }
  const forwarder: Forwarder = stack.use(await openForwarder(options))
  needs.emit({
    type: 'network_joined',
    network: network.name,
    forwarder: forwarder.url,
    server: bootstrapUrl,
  })
  const url = joinUrl(bootstrapUrl, network.session)
  const how = server === null ? (named === null || config.joins === 'named' ? 'named' : 'last') : server.how
  return {
    network,
    bootstrapUrl,
    how,
    join: network.session === null ? null : `ripple up --bootstrap '${url}'`,
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

async function ownServer(
  needs: JoinNeeds,
  signal: AbortSignal,
): Promise<{ url: string; session: string; how: Joined['how'] }> {
  const { paths, stack, emit, config } = needs
  const file = paths.session
  const kept = config.joins === 'new' ? null : await readSession(file)
  const session = kept?.session ?? randomSession()
  const program = await needs.findBootstrapProgram()
  const options: Omit<BootstrapOptions, 'listen'> = {
    program,
    folder: paths.conductor,
    logFile: join(paths.logs, 'bootstrap.log'),
    onEvent: emit,
  }
  const run = (listen: string) => runBootstrapServer({ ...options, listen }, signal)
  const opening = run(kept?.listening ?? ANY_PORT).catch((thrown: unknown) => {
    // Another program has the port now. A new port is fine, because the own conductor sees only the forwarder.
    if (kept === null || toRippleError(thrown).code !== 'RIPPLE_PORT_TAKEN') throw thrown
    return run(ANY_PORT)
  })
  const server = stack.use(await opening)
  await writeAtomic(file, `${JSON.stringify({ session, listening: server.listening })}\n`)
  return { url: server.url, session, how: kept === null ? 'new' : 'last' }
}

/** Returns a name for a new session, with enough randomness that nobody joins by guessing. */
export function randomSession(): string {
  return randomBytes(12).toString('base64url')
}

async function readSession(file: string): Promise<z.output<typeof sessionFile> | null> {
  try {
    return sessionFile.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    return null
  }
}
