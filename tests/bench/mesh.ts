import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AdminWebsocket } from '@holochain/client'
import { type Client, findDaemon } from '../../host/cli/client.ts'
import { dataPaths } from '../../host/config/paths.ts'
import { patchGrants } from '../../host/dht/call/patch-grants.ts'
import type { StatusView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import { Tail } from '../chaos/tail.ts'
import type { HistoryLine } from '../harness/checker/history.ts'
import { conductorOrigin } from '../harness/conductor-origin.ts'
import { networkFile } from '../harness/network-file.ts'
import { withoutModels } from '../harness/no-models.ts'
import { here, type Machine, type Running, running } from '../harness/peer.ts'
import { until } from '../harness/until.ts'
import { warmData } from '../harness/warm-data.ts'
import { type RawAgent, rawAgent } from './raw-agent.ts'

/** How long a call to a daemon may take, and how often a history is read, in milliseconds. */
const times = { call: 120_000, look: 5, event: 120_000 }

/** Name of the app of the agent that calls straight. */
const RAW_APP = 'raw'

/** A real daemon with its conductor. */
export class Member implements AsyncDisposable {
  readonly data: string
  readonly #machine: Machine
  readonly #words: readonly string[]
  #running: Running<Ready>
  #client: Client
  readonly #tail: Tail
  readonly #seen: HistoryLine[] = []

  private constructor(data: string, machine: Machine, words: readonly string[], up: Up) {
    this.data = data
    this.#machine = machine
    this.#words = words
    this.#running = up.running
    this.#client = up.client
    this.#tail = new Tail(join(dataPaths(data).logs, 'history.ndjson'))
  }

  /** Starts a daemon. */
  static async start(data: string, machine: Machine, words: readonly string[]): Promise<Member> {
    return new Member(data, machine, words, await up(data, machine, words))
  }

  get agent(): string {
    return this.#running.ready.agent
  }

  get pid(): number {
    return this.#running.pid
  }

  /** Calls a verb of the daemon, as the command line does. */
  async call<T>(verb: string, input: object): Promise<T> {
    return (await this.#client.call(verb, input, AbortSignal.timeout(times.call))) as T
  }

  /** Gives the address of its API, the token for it, and the address of Ollama's API; empty if that is off. */
  async api(): Promise<{ url: string; token: string; ollama: string }> {
    const { url, token_file } = this.#client.state
    const { ollama } = this.#running.ready.api
    return { url, token: (await readFile(token_file, 'utf8')).trim(), ollama: ollama ?? '' }
  }

  /** Own actions in the epoch of now. */
  async chainLength(): Promise<number> {
    return (await this.call<StatusView>('status', {})).epoch.room.actions
  }

  /** Reads the daemon's history so far. */
  history(): readonly HistoryLine[] {
    this.#seen.push(...this.#tail.read())
    return this.#seen
  }

  /** Waits for the first line of the daemon's history that is so. Rejects when none comes. */
  async happened(isSo: (event: HistoryLine) => boolean): Promise<HistoryLine> {
    const deadline = performance.now() + times.event
    for (;;) {
      const found = this.history().find(isSo)
      if (found) return found
      if (performance.now() > deadline) throw new TypeError(`not in the history: ${isSo}`)
      await sleep(times.look)
    }
  }

  /** Stops it in good order and starts it again; `meanwhile` happens between. Resolves when it is ready. */
  async restart(meanwhile: () => Promise<void>): Promise<{ ready_ms: number }> {
    await this.#running.end('SIGINT')
    await meanwhile()
    const from = performance.now()
    await this.startAgain()
    return { ready_ms: performance.now() - from }
  }

  /** Ends it as `kill -9` does. */
  async kill(): Promise<void> {
    await this.#running.end('SIGKILL')
  }

  /** Starts it after its end. */
  async startAgain(): Promise<void> {
    const { running: again, client } = await up(this.data, this.#machine, this.#words)
    this.#running = again
    this.#client = client
  }

  /** Another agent of the same conductor. */
  async raw(): Promise<RawAgent> {
    const log = await readFile(join(dataPaths(this.data).logs, 'conductor.log'), 'utf8')
    const port = [...log.matchAll(/###ADMIN_PORT:(\d+)###/g)].at(-1)?.[1]
    const url = new URL(`ws://127.0.0.1:${port}`)
    const wsClientOptions = { origin: await conductorOrigin(this.data) }
    const admin = await AdminWebsocket.connect({ url, wsClientOptions, defaultTimeout: times.call })
    patchGrants(admin)
    const [app] = await admin.listApps({})
    if (!app) throw new TypeError('the conductor has no app')
    return rawAgent(admin, app, RAW_APP)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tail[Symbol.dispose]()
    await this.#running[Symbol.asyncDispose]()
  }
}

interface Up {
  readonly running: Running<Ready>
  readonly client: Client
}

async function up(data: string, machine: Machine, words: readonly string[]): Promise<Up> {
  const started = await running<Ready>(machine, 'up', '--data', data, '--port', '0', ...words)
  return { running: started, client: await findDaemon(data) }
}

/** A network of real daemons on this machine. */
export interface BenchMesh extends AsyncDisposable {
  readonly folder: string
  /** The network's server, as `--bootstrap` takes it. */
  readonly url: string
  /** Has no model unless it was asked for: others do what it posts. */
  readonly poster: Member
  readonly workers: readonly Member[]
  /** Resolves when the poster sees all workers. */
  met(): Promise<void>
}

/** Epochs before the one of now that stay open where a bench sets their length: a task may live as long. */
export const EPOCHS_KEPT = 2

/** The shape of a mesh. */
interface Wanted {
  /** How long its epochs are, in milliseconds; without it, the network's own. */
  readonly epoch_ms?: number | undefined
  /** The poster has the models of the user's cache, too. */
  readonly poster_has_models?: boolean
  /** Further variables of the poster's environment. */
  readonly env?: Readonly<Record<string, string>>
}

/** Starts a poster and so many workers, and resolves when the poster sees all of them. */
export async function openMesh(workers: number, wanted: Wanted = {}): Promise<BenchMesh> {
  await using opening = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  opening.defer(() => rm(folder, { recursive: true, force: true }))
  const server = opening.use(await running<{ url: string }>(here, 'relay', '--data', join(folder, 'server')))
  const { url } = server.ready
  const member = async (name: string, machine: Machine) => {
    const words = ['--name', name, '--bootstrap', url]
    return opening.use(await Member.start(await warmData(folder, name), machine, words))
  }
  const { epoch_ms, poster_has_models = false, env = {} } = wanted
  const network =
    epoch_ms === undefined
      ? {}
      : { RIPPLE_NETWORK_FILE: await networkFile(folder, { length_ms: epoch_ms, kept: EPOCHS_KEPT }) }
  const state = { XDG_STATE_HOME: join(folder, 'state'), ...network }
  const models = poster_has_models ? {} : await withoutModels(folder)
  const poster = await member('poster', { prefix: [], env: { ...state, ...models, ...env } })
  const others: Member[] = []
  for (let index = 1; index <= workers; index += 1)
    others.push(await member(`worker-${index}`, { prefix: [], env: state }))
  const met = () => until('the poster sees the workers', async () => (await seenBy(poster)) === workers)
  await met()
  const stack = opening.move()
  return { folder, url, poster, workers: others, met, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

async function seenBy(poster: Member): Promise<number> {
  const { peers } = await poster.call<{ peers: { self: boolean; state: string }[] }>('peers', {})
  return peers.filter(({ self, state }) => !self && state === 'online').length
}
