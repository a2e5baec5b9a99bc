/** Implements the checks of `ripple doctor` that look at this machine's own files, programs and daemon. */
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { readState } from '../../api/state-file.ts'
import { checkDataFolder } from '../../config/check-data.ts'
import { type Config, unknownVariables } from '../../config/config.ts'
import type { Env } from '../../config/env.ts'
import { outsideBy } from '../../config/epoch.ts'
import { readNetwork } from '../../config/network.ts'
import { dataPaths } from '../../config/paths.ts'
import { readHapp } from '../../dht/app/happ.ts'
import type { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { StatusView } from '../../operations/context.ts'
import { chainCapacityText } from '../../operations/text.ts'
import { PolicyStore, policySources } from '../../policy/store.ts'
import { isAlive } from '../../processes/is-alive.ts'
import { decisionPoints } from '../../types/decision.ts'
import { fail, ok, type Result, warn } from '../../types/finding.ts'
import { happFiles } from '../machine/files.ts'
import { locateProgram, type Program, pinnedVersion } from '../machine/programs.ts'

/** One check that looks at this machine's own files, programs and daemon. */
export interface CheckUp {
  readonly name: string
  run(signal: AbortSignal): Promise<Result>
}

/** The inputs of the checks. */
export interface CheckNeeds {
  readonly config: Config
  /** The fault of the configuration; null without one. */
  readonly problem: RippleError | null
  readonly env: Env
  /** Returns the status of the running daemon; null without one. */
  status(signal: AbortSignal): Promise<StatusView | null>
}

/** Lists the checks. Each runs on its own, and none changes anything. The other checks of `doctor` judge facts. */
export function checkUps({ config, problem, env, status }: CheckNeeds): readonly CheckUp[] {
  return [
    { name: 'node', run: async () => node() },
    { name: 'config', run: async () => configured(config, problem) },
    { name: 'environment', run: async () => environment(env) },
    { name: 'data folder', run: async () => folder(config) },
    { name: 'secrets', run: async () => secrets(config) },
    { name: 'hApp', run: async () => ok(`${(await readHapp(happFiles)).file} is the pinned one`) },
    program('holochain', config, env),
    program('kitsune2-bootstrap-srv', config, env),
    { name: 'policies', run: async () => policies(config) },
    { name: 'daemon', run: async () => daemon(config) },
    { name: 'chain', run: async (signal) => chain(await status(signal)) },
    { name: 'clock', run: async (signal) => clock(config, await status(signal)) },
  ]
}

function node(): Result {
  const major = Number(process.versions.node.split('.')[0])
  return major >= 24
    ? ok(process.version)
    : fail(process.version, "run 'npm start' once: set-up brings its own Node")
}

async function configured({ file }: Config, problem: RippleError | null): Promise<Result> {
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

function environment(env: Env): Result {
  const unknown = unknownVariables(env)
  return unknown.length === 0
    ? ok('every RIPPLE_ variable names a setting')
    : warn(`${unknown.join(', ')} names no setting`, 'see docs/CLI.md')
}

async function folder(config: Config): Promise<Result> {
  await checkDataFolder(config.data)
  const existing = await nearest(config.data)
  if (await isOpen(existing, constants.W_OK)) return ok(config.data)
  const why = existing === config.data ? 'be written' : `be made, because ${existing} cannot be written`
  return fail(`${config.data} cannot ${why}`, 'name another folder with --data')
}

async function secrets(config: Config): Promise<Result> {
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

function program(name: Program, config: Config, env: Env): CheckUp {
  const run = async (signal: AbortSignal): Promise<Result> =>
    ok(`${pinnedVersion(name)} at ${await locateProgram(name, env, config.cache, signal)}`)
  return { name, run }
}

/** Checks the policies: one that is missing or not the pinned one refuses every request. */
async function policies(config: Config): Promise<Result> {
  const paths = dataPaths(config.data)
  const store = new PolicyStore(policySources(paths.policies))
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

async function daemon(config: Config): Promise<Result> {
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

/** Checks how much space a running daemon's chain has left in this epoch. */
function chain(status: StatusView | null): Result {
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
function clock(config: Config, status: StatusView | null): Result {
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
