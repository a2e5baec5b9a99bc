/** Makes what the local commands run on. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'
import { readState } from '../../api/state-file.ts'
import { checkDataFolder } from '../../config/check-data.ts'
import { type Config, configOrShipped, dataFolder, resolveConfig } from '../../config/config.ts'
import type { Env } from '../../config/env.ts'
import { dataPaths, userPaths } from '../../config/paths.ts'
import type { ConfigLayer } from '../../config/settings.ts'
import { tellProgress } from '../../models/sources/progress.ts'
import type { StoredSecrets } from '../../operations/context.ts'
import type { Local, LocalNetworks, Ready } from '../../operations/local.ts'
import { status } from '../../operations/machine/shape.ts'
import { moeCardKey } from '../../operations/moe/shape.ts'
import { callOperation, type Remote } from '../../operations/remote.ts'
import { isAlive } from '../../processes/is-alive.ts'
import { systemClock } from '../../work/context/clock.ts'
import { openService } from '../install/service.ts'
import { writePrivately } from '../machine/restrict-umask.ts'
import { warnIfDown } from '../peers/join-network.ts'
import type { NetworksNeeds } from '../peers/networks.ts'
import { warnIfAlone } from '../peers/warn-if-alone.ts'
import { detach } from './detach.ts'
import { relayUnit } from './relay-unit.ts'
import { serveRelay } from './serve-relay.ts'
import { runSession } from './session.ts'
import type { VerifyNeeds } from './verify-file.ts'

/** Inputs from the command line for the verbs that need no running daemon. */
export interface LocalNeeds {
  readonly env: Env
  /** Settings of the command line that every command takes. */
  readonly dataFlag: ConfigLayer
  readonly version: string
  readonly say: (line: string) => void
  readonly hold: (until: Promise<void>) => void
  readonly confirm: Local['confirm']
  /** Finds the daemon of a data folder. Rejects with `RIPPLE_NO_DAEMON`. */
  readonly connect: (data: string) => Promise<Remote>
}

/** Milliseconds between looks at a stopping process. */
const POLL_MS = 50

/** Makes what the local verbs run on. Heavy parts are loaded by the verbs that need them. */
export function openLocal(needs: LocalNeeds): Local {
  const { env, dataFlag } = needs
  const configure = (flags: ConfigLayer) => resolveConfig(env, { ...flags, ...dataFlag })
  const serve = (wanted: Config, signal: AbortSignal) => serveHere(needs, wanted, signal)
  // Commands must reach a running daemon even if the configuration has a mistake.
  const data = dataFolder(env, dataFlag)
  const { cache } = userPaths(env, process.platform)
  return {
    data,
    version: needs.version,
    configure,
    call: async (name, input, signal) => (await needs.connect(data)).call(name, input, signal),
    serve,
    serveSession: (flags, signal) =>
      runSession(
        dataFlag,
        (folder) => configure({ ...flags, data: folder }),
        (wanted) => serve(wanted, signal),
      ),
    detach: (flags, signal) => detachTelling(needs, configure(flags), flags, signal),
    running: (signal) => running(data, needs.connect, signal),
    pid: () => runningPid(data),
    gone: (pid, ms, signal) => gone(pid, ms, signal),
    relay: (wish, signal) => serveRelay({ ...wish, config: configure({}), env }, signal),
    relayUnit: (wish, signal) => relayUnit({ ...wish, config: configure({}), env }, signal),
    exportTools: async (file, signal) => {
      const { exportTools } = await import('../install/give-tools.ts')
      return exportTools({ env, cache }, file, signal)
    },
    serveTools: async (listen, signal) => {
      const { serveTools } = await import('../install/give-tools.ts')
      return serveTools({ env, cache }, listen, signal)
    },
    ...installation(env, data),
    browse: async (url, signal) => {
      const { openBrowser } = await import('../machine/open-browser.ts')
      return openBrowser(url, data, env, signal)
    },
    confirm: needs.confirm,
    hold: needs.hold,
    secrets: localSecrets(data, env),
    networks: localNetworks({ data, configure, pid: () => runningPid(data) }),
    ...examination(needs),
    prepareRestore: async () => {
      const { prepareRestore } = await import('../chain/prepare-restore.ts')
      return prepareRestore(data)
    },
    pullModel: async (name, signal) => {
      const { pullIntoCache } = await import('../models/model-store.ts')
      const { pullModelHere } = await import('./pull-model.ts')
      const alone = (wanted: string, note: typeof needs.say, stop: AbortSignal) => {
        writePrivately()
        return pullIntoCache(cache, wanted, { onProgress: tellProgress(note), note }, stop)
      }
      const connect = () => needs.connect(data)
      return pullModelHere(name, { connect, alone, say: needs.say, clock: systemClock }, signal)
    },
    ...agents(data, needs),
    verify: async (file, bytes, request, signal) => {
      const { verifyFile } = await import('./verify-file.ts')
      return verifyFile({ ...{ file, bytes, request, data, cache }, ...verifying(needs) }, signal)
    },
    verifyCard: async (file, online, signal) => {
      const { verifyCardFile } = await import('./verify-card.ts')
      const askKey = async (input: z.input<typeof moeCardKey.input>) =>
        callOperation(await needs.connect(data), moeCardKey, input, signal)
      return verifyCardFile(file, online ? askKey : null)
    },
  }
}

/** Makes the verbs that examine this machine. */
function examination({ env, dataFlag, connect }: LocalNeeds): Pick<Local, 'doctor' | 'bundle'> {
  const open = async () => {
    const { makeDoctor } = await import('./doctor.ts')
    return makeDoctor({ ...configOrShipped(env, dataFlag), env, connect })
  }
  return {
    doctor: {
      examine: async (other, signal) => (await open()).examine(other, signal),
      factsCode: async (signal) => (await open()).factsCode(signal),
    },
    bundle: async (file, signal) => (await open()).bundle(file, signal),
  }
}

/** The parts of a verification that come from the command line; its replay runs where a daemon's engine would. */
function verifying(needs: LocalNeeds): Pick<VerifyNeeds, 'engine' | 'say' | 'connect'> {
  const { env, dataFlag, say, connect } = needs
  return { say, connect, engine: { gpu: configOrShipped(env, dataFlag).config.engine.gpu, env: env.gpu } }
}

/** Makes the verbs that install and remove Ripple. */
function installation(env: Env, data: string): Pick<Local, 'service' | 'uninstall'> {
  const { platform } = process
  const { cache } = userPaths(env, platform)
  const service = openService({ env, data, cache, platform, daemonPid: () => runningPid(data) })
  return {
    service,
    uninstall: async (wish, signal) => {
      const { uninstall } = await import('../install/uninstall.ts')
      return uninstall({ env, data, platform, service, daemonPid: runningPid }, wish, signal)
    },
  }
}

async function serveHere({ env, say }: LocalNeeds, wanted: Config, signal: AbortSignal) {
  const { runDaemon } = await import('./run-daemon.ts')
  return runDaemon(wanted, env, say, signal)
}

/** Makes the verbs that connect agents. */
function agents(data: string, { env, say, connect }: LocalNeeds): Pick<Local, 'bridgeMcp' | 'installMcp'> {
  return {
    bridgeMcp: async (wish, signal) => {
      const { openBridge } = await import('../mcp/open-bridge.ts')
      return openBridge(data, env.secrets.mcp_key?.reveal() ?? null, wish, signal)
    },
    installMcp: async (wish, signal) => {
      const { installAgent } = await import('../mcp/install-agent.ts')
      const program = join(import.meta.dirname, '../../cli/ripple.mjs')
      const words = [process.execPath, program, 'mcp', '--data', data] as const
      const place = { home: env.home, platform: process.platform, words }
      return installAgent({ place, connect: () => connect(data), say }, wish, signal)
    },
  }
}

async function runningPid(data: string): Promise<number | null> {
  await checkDataFolder(data)
  const state = await readState(dataPaths(data).apiFile)
  return state !== null && isAlive(state.pid) ? state.pid : null
}

async function running(
  data: string,
  connect: LocalNeeds['connect'],
  signal: AbortSignal,
): Promise<Ready | null> {
  if ((await runningPid(data)) === null) return null
  const { pid, agent, network, api } = await callOperation(await connect(data), status, {}, signal)
  const { name, local, bootstrap_url: server, join } = network
  const found = { ready: true, already: true, same_network: null, joined: 'last' } as const
  return { ...found, pid, agent, network: name, local, server, data, api, join }
}

/** Starts the daemon in a process of its own, and prints the warnings about its network, which that process cannot print. */
async function detachTelling(
  { env, say, connect }: LocalNeeds,
  config: Config,
  flags: ConfigLayer,
  signal: AbortSignal,
): Promise<Ready> {
  const url = config.bootstrap_url
  if (url !== null) void warnIfDown(url, say, signal).catch(() => {})
  const ready = await detach(config, flags, { env, say }, signal)
  const othersAreThere = async () => {
    const { peers } = await callOperation(await connect(config.data), status, {}, signal)
    return peers.online > 0
  }
  if (url !== null) await warnIfAlone({ url: ready.server ?? url, othersAreThere, say }, signal)
  return ready
}

/** Opens the secrets of a data folder; the cipher is loaded by the verbs that need it. */
function localSecrets(data: string, env: Env): StoredSecrets {
  const open = async () => {
    await checkDataFolder(data)
    return (await import('../compose/open-secrets.ts')).openSecrets(data, env)
  }
  return {
    set: async (name, value) => (await open()).files.set(name, value),
    remove: async (name) => (await open()).files.remove(name),
    list: async () => (await open()).all.list(),
  }
}

/** Opens the networks of a data folder; the ciphers are loaded by the verbs that need them. */
function localNetworks(needs: NetworksNeeds): LocalNetworks {
  const open = async () => (await import('../peers/networks.ts')).openNetworks(needs)
  return {
    list: async () => (await open()).list(),
    show: async (name) => (await open()).show(name),
    create: async (name) => (await open()).create(name),
    use: async (name) => (await open()).use(name),
    accept: async (line, signal) => (await open()).accept(line, signal),
  }
}

async function gone(pid: number, ms: number, signal: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + ms
  while (isAlive(pid)) {
    if (performance.now() > deadline) return false
    await sleep(POLL_MS, undefined, { signal }).catch(() => {})
    signal.throwIfAborted()
  }
  return true
}
