// Opens conductors for tests.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { readEnv } from '../../host/config/env.ts'
import { type Network, readNetwork, resolveNetwork } from '../../host/config/network.ts'
import { userPaths } from '../../host/config/paths.ts'
import { happFiles } from '../../host/daemon/machine/files.ts'
import { locateProgram, type Program, pinnedVersion } from '../../host/daemon/machine/programs.ts'
import type { Membership } from '../../host/dht/membership.ts'
import {
  type ConductorEvent,
  type ConductorHandle,
  openConductor,
} from '../../host/dht/session/open-conductor.ts'
import { type BootstrapServer, runBootstrapServer } from '../../host/processes/bootstrap-server.ts'
import { openForwarder } from '../../host/processes/forwarder.ts'
import { warmData } from './warm-data.ts'

const never = new AbortController().signal

/** A network of real conductors in one temporary folder. */
export interface ConductorNetwork extends AsyncDisposable {
  readonly folder: string
  readonly network: Network
  readonly server: BootstrapServer
  /** Opens a conductor; the same name again opens the same folder. A private network needs a membership. */
  open(
    name: string,
    onEvent?: (event: ConductorEvent) => void,
    membership?: Membership | null,
  ): Promise<ConductorHandle>
}

/** The path of a program of the pinned version. */
export function program(name: Program): Promise<string> {
  const env = readEnv()
  return locateProgram(name, env, userPaths(env, process.platform).cache, never)
}

/** Starts a bootstrap server and a forwarder for a local network of this name. */
export async function conductorNetwork(name: string): Promise<ConductorNetwork> {
  const stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'ripple-net-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const network = resolveNetwork(readNetwork('local'), { bootstrap: null, localName: name })
  const server = stack.use(
    await runBootstrapServer(
      {
        program: await program('kitsune2-bootstrap-srv'),
        listen: '127.0.0.1:0',
        folder,
        logFile: join(folder, 'bootstrap.log'),
        onEvent: () => {},
      },
      never,
    ),
  )
  stack.use(await openForwarder({ seed: network.seed, port: network.forwardPort, target: server.url }))
  const holochain = await program('holochain')
  return {
    folder,
    network,
    server,
    open: async (name, onEvent = () => {}, membership = null) =>
      openIn(await warmData(folder, name), holochain, network, onEvent, membership),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/**
 * Opens the conductor of a data folder. No daemon is there to ask peers what they hold of its chains, so its writes wait for no
 * longer than a peer might take to show itself.
 */
export async function openIn(
  data: string,
  holochain: string,
  network: Network,
  onEvent: (event: ConductorEvent) => void,
  membership: Membership | null = null,
): Promise<ConductorHandle> {
  const conductor = await openConductor(
    {
      program: holochain,
      version: pinnedVersion('holochain'),
      folder: join(data, 'conductor'),
      passphraseFile: join(data, 'passphrase'),
      signingFile: join(data, 'signing.json'),
      networkFile: join(data, 'network'),
      logFile: join(data, 'logs', 'conductor.log'),
      headsFolder: join(dirname(data), 'heads'),
      happ: happFiles,
      network,
      membership,
      now: Date.now,
      onEvent,
    },
    never,
  )
  conductor.guard.decide()
  return conductor
}
