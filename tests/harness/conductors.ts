import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readEnv } from '../../host/config/env.ts'
import { type Network, readNetwork, resolveNetwork } from '../../host/config/network.ts'
import { userPaths } from '../../host/config/paths.ts'
import { type ConductorEvent, type ConductorHandle, openConductor } from '../../host/dht/open-conductor.ts'
import { versions } from '../../host/setup/versions.mjs'
import { type BootstrapServer, runBootstrapServer } from '../../host/supervise/bootstrap-server.ts'
import { findProgram } from '../../host/supervise/find-program.ts'
import { openForwarder } from '../../host/supervise/forwarder.ts'

const project = new URL('../../', import.meta.url).pathname
const never = new AbortController().signal

/** How long a first start may take on a busy machine, in milliseconds: it compiles every zome. */
export const FIRST_START_MS = 900_000

/** A network of real conductors in one temporary folder. */
export interface ConductorNetwork extends AsyncDisposable {
  readonly folder: string
  readonly network: Network
  readonly server: BootstrapServer
  /** Opens a conductor; the same name again opens the same folder. */
  open(name: string, onEvent?: (event: ConductorEvent) => void): Promise<ConductorHandle>
}

/** The `holochain` or `kitsune2-bootstrap-srv` of the pinned version. */
export async function program(name: keyof typeof versions): Promise<string> {
  const env = readEnv()
  const toolsFolder = join(userPaths(env, process.platform).cache, 'tools', 'bin')
  return findProgram({ name, version: versions[name], explicit: null, path: env.path, toolsFolder }, never)
}

/** Starts a bootstrap server and a forwarder for a session of their own. */
export async function conductorNetwork(session: string): Promise<ConductorNetwork> {
  const stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'ripple-net-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const network = resolveNetwork(readNetwork('local'), { bootstrap: null, session, now: Date.now() })
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
    open: (name, onEvent = () => {}) => openIn(join(folder, name), holochain, network, onEvent),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** Opens the conductor of a data folder. */
export function openIn(
  data: string,
  holochain: string,
  network: Network,
  onEvent: (event: ConductorEvent) => void,
): Promise<ConductorHandle> {
  return openConductor(
    {
      program: holochain,
      version: versions.holochain,
      folder: join(data, 'conductor'),
      passphraseFile: join(data, 'passphrase'),
      signingFile: join(data, 'signing.json'),
      networkFile: join(data, 'network'),
      logFile: join(data, 'logs', 'conductor.log'),
      happ: { happ: join(project, 'workdir/ripple.happ'), pins: join(project, 'workdir/dna-hashes.json') },
      network,
      onEvent,
    },
    never,
  )
}
