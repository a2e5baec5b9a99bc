/** Implements the checks of `ripple doctor`. */
import { constants } from 'node:fs'
import { access, readFile, stat } from 'node:fs/promises'
import { freemem, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { readState } from '../../api/state-file.ts'
import { checkDataFolder } from '../../config/check-data.ts'
import { type Config, unknownVariables } from '../../config/config.ts'
import type { Env } from '../../config/env.ts'
import { outsideBy } from '../../config/epoch.ts'
import { readNetwork } from '../../config/network.ts'
import { dataPaths } from '../../config/paths.ts'
import { readHapp } from '../../dht/app/happ.ts'
import { type RippleError, toRippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import { freeBytes } from '../../models/sources/space.ts'
import type { StatusView } from '../../operations/context.ts'
import type { CheckUp, Finding } from '../../operations/local.ts'
import { status } from '../../operations/machine/shape.ts'
import { callOperation, type Remote } from '../../operations/remote.ts'
import { chainCapacityText, size } from '../../operations/text.ts'
import { PolicyStore } from '../../policy/store.ts'
import { checkBootstrap } from '../../processes/bootstrap-server.ts'
import { isAlive } from '../../processes/is-alive.ts'
import { decisionPoints } from '../../types/decision.ts'
import { policySources } from '../compose/open-gate.ts'
import { happFiles } from '../machine/files.ts'
import { portIsFree } from '../machine/port-free.ts'
import { locateProgram, type Program, pinnedVersion } from '../machine/programs.ts'

/** Bytes of a MiB. */
const MIB = 1024 * 1024
/** Milliseconds that the check of the models waits for new files to be indexed. */
const MODELS_WAIT_MS = 2_000

const ok = (detail: string): Finding => ({ level: 'ok', detail, fix: null })
const warn = (detail: string, fix: string): Finding => ({ level: 'warn', detail, fix })
const fail = (detail: string, fix: string): Finding => ({ level: 'fail', detail, fix })

/** Connects to the daemon of a data folder. */
type Connect = (data: string) => Promise<Remote>

/** Lists the checks of `doctor`. Each runs on its own, and none changes anything. */
export function checkUps(
  { config, problem }: { config: Config; problem: RippleError | null },
  env: Env,
  connect: Connect,
): readonly CheckUp[] {
  return [
    { name: 'node', run: async () => node() },
    { name: 'config', run: async () => configured(config, problem) },
    { name: 'environment', run: async () => environment(env) },
    { name: 'proxies', run: async () => proxies(env) },
    { name: 'network', run: (signal) => network(config, connect, signal) },
    { name: 'data folder', run: async () => folder(config) },
    { name: 'secrets', run: async () => secrets(config) },
    { name: 'disk', run: async () => disk(config) },
    { name: 'memory', run: async () => memory() },
    { name: 'hApp', run: async () => ok(`${(await readHapp(happFiles)).file} is the pinned one`) },
    program('holochain', config, env),
    program('kitsune2-bootstrap-srv', config, env),
    { name: 'policies', run: async () => policies(config) },
    { name: 'models', run: (signal) => models(config, signal) },
    { name: 'daemon', run: async () => daemon(config) },
    { name: 'writes', run: (signal) => writes(config, connect, signal) },
    { name: 'chain', run: (signal) => chain(config, connect, signal) },
    { name: 'clock', run: (signal) => clock(config, connect, signal) },
    { name: 'port', run: async () => port(config) },
  ]
}

function node(): Finding {
  const major = Number(process.versions.node.split('.')[0])
  return major >= 24
    ? ok(process.version)
    : fail(process.version, "run 'npm start' once: set-up brings its own Node")
}

async function configured({ file }: Config, problem: RippleError | null): Promise<Finding> {
  if (problem !== null)
    return fail(
      `${problem.message} [${problem.code}]; the other checks go by the settings as shipped`,
      problem.hint,
    )
  return ok(
    (await isOpen(file))
      ? `${file} and the environment hold`
      : `no ${file}: all is as shipped, or by the environment`,
  )
}

function environment(env: Env): Finding {
  const unknown = unknownVariables(env)
  return unknown.length === 0
    ? ok('every RIPPLE_ variable names a setting')
    : warn(`${unknown.join(', ')} names no setting`, 'see docs/CLI.md')
}

/** Shows the proxies of the environment, without the passwords that their variables may hold. */
function proxies({ proxies: named }: Env): Finding {
  if (named.length === 0) return ok('the environment names none')
  const bad = named.find(({ url }) => url === null)
  if (bad) return warn(`${bad.variable} is not a URL`, `set it to one such as http://proxy.example:3128`)
  const list = named.map(({ variable, url }) => `${variable}=${url}`).join(', ')
  return ok(`${list}: never for what stays on this machine`)
}

/**
 * Checks whether the server of a network that was joined by URL answers, and whether a running daemon has met a peer
 * there.
 */
async function network(config: Config, connect: Connect, signal: AbortSignal): Promise<Finding> {
  const file = readNetwork(config.network, config.network_file)
  const url = config.bootstrap_url ?? file.bootstrap_url
  if (url === null) return ok(`${file.name}, founded by this machine`)
  const down = await checkBootstrap(url, signal).then(
    () => null,
    (thrown: unknown) => toRippleError(thrown),
  )
  if (down !== null) return fail(`${down.message} [${down.code}]`, down.hint)
  const status = await statusOf(config, connect, signal)
  if (status === null || status.peers.online > 0) return ok(`${file.name}, at ${url}`)
  return warn(
    `${file.name}, at ${url}: no other machine is there`,
    "if other machines are up, compare this URL with theirs, the part after '#' included, and join one with 'ripple up --bootstrap URL'",
  )
}

async function folder(config: Config): Promise<Finding> {
  await checkDataFolder(config.data)
  const existing = await nearest(config.data)
  if (await isOpen(existing, constants.W_OK)) return ok(config.data)
  const why = existing === config.data ? 'be written' : `be made, because ${existing} cannot be written`
  return fail(`${config.data} cannot ${why}`, 'name another folder with --data')
}

async function secrets(config: Config): Promise<Finding> {
  const { passphrase, apiToken, openaiKey, keys, signing, peerKey, conductorConfig } = dataPaths(config.data)
  const open: string[] = []
  for (const file of [passphrase, apiToken, openaiKey, keys, signing, peerKey, conductorConfig]) {
    const mode = await stat(file).then(
      (found) => found.mode,
      () => 0o600,
    )
    if ((mode & 0o077) !== 0) open.push(file)
  }
  return open.length === 0
    ? ok('readable by their owner only')
    : fail(`others can read ${open.join(', ')}`, `chmod 600 ${open.join(' ')}`)
}

async function disk(config: Config): Promise<Finding> {
  const free = await freeBytes(await nearest(config.data))
  const detail = `${size(free)} free`
  const least = limits.disk_free_mib_min * MIB
  return free >= least ? ok(detail) : warn(detail, `make at least ${size(least)} free`)
}

/**
 * Prefers `MemAvailable`, which counts memory that caches can release; on older kernels `freemem` does not count it.
 */
async function memory(): Promise<Finding> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '')
  const kib = /^MemAvailable:\s+(\d+) kB/m.exec(text)?.[1]
  const free = kib === undefined ? freemem() : Number(kib) * 1024
  const detail = `${size(free)} of ${size(totalmem())} available`
  return free >= limits.memory_free_mib_min * MIB ? ok(detail) : warn(detail, 'close other programs')
}

function program(name: Program, config: Config, env: Env): CheckUp {
  const run = async (signal: AbortSignal): Promise<Finding> =>
    ok(`${pinnedVersion(name)} at ${await locateProgram(name, env, config.cache, signal)}`)
  return { name, run }
}

/** Checks the policies: one that is missing or not the pinned one refuses every request. */
async function policies(config: Config): Promise<Finding> {
  const paths = dataPaths(config.data)
  const store = new PolicyStore(policySources(paths))
  const found = await Promise.all(decisionPoints.map((point) => store.current(point)))
  const bad = found.find(({ bytes }) => bytes === null || !WebAssembly.validate(Uint8Array.from(bytes)))
  if (bad) {
    const { code, detail } = bad.problem ?? { code: 'policy_corrupt', detail: 'it is not a wasm module' }
    const fix = bad.origin === 'owner' ? `fix or remove ${bad.file}` : 'fetch the project again'
    return fail(`${bad.name} refuses everything: ${detail} [${code}]`, fix)
  }
  const own = found.filter(({ origin }) => origin === 'owner').map(({ name }) => name)
  const whose = own.length === 0 ? 'as shipped' : `of the owner's: ${own.join(', ')}`
  return ok(`${found.length} policies, ${whose}`)
}

async function models(config: Config, signal: AbortSignal): Promise<Finding> {
  const none = warn(
    'no model is here, so this machine takes no inference',
    "fetch one with 'ripple model pull'",
  )
  // Opening the store would create the folder.
  if (!(await isOpen(join(config.cache, 'models')))) return none
  const { openModelStore } = await import('../models/model-store.ts')
  using store = await openModelStore(config.cache)
  const patience = AbortSignal.any([signal, AbortSignal.timeout(MODELS_WAIT_MS)])
  await store.index.settled(patience).catch(() => signal.throwIfAborted())
  const [problem] = store.problems
  if (problem) return warn(problem.message, problem.hint)
  const here = store.present().map(({ name }) => name)
  const indexing = store.indexing.map((name) => `${name}, which is not indexed yet`)
  if (here.length > 0) return ok([...here, ...indexing].join(', '))
  return indexing.length > 0
    ? warn(`none but ${indexing.join(', ')}`, 'wait: a daemon that runs offers it then')
    : none
}

async function daemon(config: Config): Promise<Finding> {
  await checkDataFolder(config.data)
  const state = await readState(dataPaths(config.data).apiFile)
  if (state === null) return ok('none runs on this folder')
  return isAlive(state.pid)
    ? ok(`pid ${state.pid} at ${state.url}`)
    : warn(
        `pid ${state.pid} has gone without saying goodbye`,
        "start it again with 'ripple up': it picks up where it was",
      )
}

/** Returns the status of the running daemon; null without one. */
async function statusOf(config: Config, connect: Connect, signal: AbortSignal): Promise<StatusView | null> {
  const state = await readState(dataPaths(config.data).apiFile)
  if (state === null || !isAlive(state.pid)) return null
  return await callOperation(await connect(config.data), status, {}, signal)
}

/** Checks whether a running daemon may write to its chains. */
async function writes(config: Config, connect: Connect, signal: AbortSignal): Promise<Finding> {
  const status = await statusOf(config, connect, signal)
  if (status === null) return ok('looked at when the daemon starts')
  const { code, why } = status.writes
  if (code === null) return ok(status.writes.state)
  return fail(`${why} [${code}]`, `see 'ripple explain ${code}'`)
}

/** Checks how much space a running daemon's chain has left in this epoch. */
async function chain(config: Config, connect: Connect, signal: AbortSignal): Promise<Finding> {
  const status = await statusOf(config, connect, signal)
  if (status === null) return ok('looked at while the daemon runs')
  const { room, ends_at } = status.epoch
  const text = chainCapacityText(room, ends_at)
  if (text === null)
    return ok(`takes at least ${room.posts} more tasks posted here, or ${room.runs} of others`)
  return warn(text, 'wait for open tasks to end, or post from another machine')
}

/**
 * Checks whether a running daemon works in the epoch of this machine's clock. The daemon's clock continues from its
 * value at the start, and a machine may get the correct time later.
 */
async function clock(config: Config, connect: Connect, signal: AbortSignal): Promise<Finding> {
  const status = await statusOf(config, connect, signal)
  if (status === null) return ok('read when the daemon starts')
  const { epoch } = status.epoch
  const wrong = outsideBy(epoch, Date.now(), readNetwork(config.network, config.network_file).epoch)
  if (Math.abs(wrong) <= limits.clock_skew_ms) return ok(`the daemon works in the current epoch, ${epoch}`)
  const hours = Math.round(Math.abs(wrong) / 3_600_000)
  return fail(
    `the daemon works in an epoch that ${wrong > 0 ? `ended some ${hours} h ago` : `begins only some ${hours} h from now`}`,
    "see that this machine's clock is right, then stop the daemon and start it again",
  )
}

async function port(config: Config): Promise<Finding> {
  const state = await readState(dataPaths(config.data).apiFile)
  if (state !== null && isAlive(state.pid)) return ok('held by the daemon')
  const free = await portIsFree(config.api.port).then(
    () => true,
    () => false,
  )
  const { port: number } = config.api
  return free ? ok(`${number} is free`) : fail(`${number} is taken`, 'name another with --port or api.port')
}

async function nearest(path: string): Promise<string> {
  return (await isOpen(path)) || dirname(path) === path ? path : nearest(dirname(path))
}

/** Whether a path exists and this user has the given access to it. */
function isOpen(path: string, mode: number = constants.F_OK): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  )
}
