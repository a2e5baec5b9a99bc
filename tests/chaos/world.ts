import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ActionHash } from '../../host/types/events.ts'
import type { Disturbance, HistoryLine } from '../harness/checker/history.ts'
import { type Lan, lan, namespaceProblem } from '../harness/namespaces.ts'
import { networkFile } from '../harness/network-file.ts'
import { here, type Machine, type Running, running } from '../harness/peer.ts'
import { commandOf, runs, tree } from '../harness/processes.ts'
import type { Prng } from '../harness/sim/random.ts'
import { diskProblem, type SmallDisk, smallDisk } from '../harness/small-disk.ts'
import { warmData } from '../harness/warm-data.ts'
import { Peer, type PeerEnd } from './peer.ts'
import { Tail, unexplained } from './tail.ts'

/** Room of the disk that can be filled, in MiB: the compiled zomes take 210 of it, and each task some of the rest. */
const diskMib = { base: 400, aTask: 1 }
/** How long a guardian may take to notice that there is nothing left to guard, in milliseconds. */
const GONE_MS = 10_000
/** How often the histories are read, in milliseconds. */
const READ_MS = 200

/** Past epochs that stay open, which bounds how long a task may live. */
const EPOCHS_KEPT = 2

/** The machines of a run. */
export interface WorldOptions {
  readonly peers: number
  /** Length of an epoch, in milliseconds; of those that are past, two are kept. */
  readonly epoch_ms: number
  readonly tasks: number
  /** The folder to which the logs of all peers are copied in the end; null: they are removed with the rest. */
  readonly logs: string | null
  readonly random: Prng
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** The machines of a run: their network, their disks, their peers, and what they have written so far. */
export class World implements AsyncDisposable {
  readonly peers: Peer[] = []
  readonly logs: HistoryLine[] = []
  readonly disturbances: Disturbance[] = []
  /** Time from the start of a killed daemon to its being ready, in milliseconds. */
  readonly restarts: number[] = []
  /** Ends that nobody had asked for. */
  readonly defects: string[] = []
  readonly closed = new Set<ActionHash>()
  readonly running = new Map<ActionHash, string>()
  /** Aborted when the run is given up, and when its machines go. */
  readonly signal: AbortSignal
  readonly say: (line: string) => void
  /** SIGKILLs so far, by what they hit. */
  readonly kills = new Map<string, number>()
  url = ''
  /** The network file of all peers. */
  networkFile = ''
  folder = ''
  lan: Lan | null = null
  disk: SmallDisk | null = null
  /** The longest life of a task, in milliseconds. */
  readonly lifeMs: number
  readonly #stack = new AsyncDisposableStack()
  readonly #tails = new Map<string, Tail>()
  /** Peers to which something is being done. */
  readonly #busy = new Set<Peer>()
  readonly #ending = new AbortController()
  #stopping = false
  #serverPid = 0

  private constructor(options: WorldOptions) {
    this.signal = AbortSignal.any([options.signal, this.#ending.signal])
    this.say = options.say
    this.lifeMs = EPOCHS_KEPT * options.epoch_ms
  }

  /** Makes the machines and brings the peers up. */
  static async open(options: WorldOptions): Promise<World> {
    const world = new World(options)
    try {
      await world.#build(options)
      return world
    } catch (thrown) {
      await world[Symbol.asyncDispose]()
      throw thrown
    }
  }

  get killCount(): number {
    return [...this.kills.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Peers that are up and left in peace. */
  get calm(): Peer[] {
    return this.peers.filter((peer) => peer.up && !this.#busy.has(peer))
  }

  /** The peer whose machine has the small disk. */
  get diskPeer(): Peer | null {
    return this.disk ? (this.peers[0] ?? null) : null
  }

  /** Does something to peers, which are nobody else's meanwhile, and notes from when to when. */
  async disturb(peers: readonly Peer[], kind: Disturbance['kind'], deed: () => Promise<void>): Promise<void> {
    for (const peer of peers) this.#busy.add(peer)
    const from = Date.now()
    try {
      await deed()
    } finally {
      for (const peer of peers) {
        this.#busy.delete(peer)
        this.disturbances.push({ agents: [peer.agent], kind, from, to: Date.now() })
      }
    }
  }

  /** Writes down a fault as the checker reads it. */
  fault(
    kind: Extract<HistoryLine, { type: 'fault' }>['kind'],
    peers: readonly Peer[],
    at = Date.now(),
  ): void {
    const agents = peers.map(({ agent }) => agent)
    this.logs.push({ type: 'fault', kind, agents, agent: agents[0] ?? '', at })
  }

  /** Counts a kill. */
  killed(what: string): void {
    this.kills.set(what, (this.kills.get(what) ?? 0) + 1)
  }

  /** Starts a peer's daemon again, and notes how long that took. */
  async revive(peer: Peer, failpoint: string | null = null): Promise<void> {
    const ms = await peer.start(failpoint, this.signal)
    this.restarts.push(ms)
  }

  /** Stops every daemon in good order; names those that did not stop so. */
  async stop(): Promise<string[]> {
    this.#stopping = true
    const codes = await Promise.all(this.peers.map(async (peer) => ({ peer, code: await peer.stop() })))
    this.read()
    return codes.filter(({ code }) => code !== 0).map(({ peer, code }) => `${peer.name} ended with ${code}`)
  }

  /** Takes in what the daemons have written since. */
  read(): void {
    for (const peer of this.peers) {
      const path = historyFile(peer.place.data)
      const tail = this.#tails.get(path) ?? new Tail(path)
      this.#tails.set(path, tail)
      for (const line of tail.read()) this.#take(line)
    }
  }

  /** Lines of histories that cannot be read though nothing had happened to tear them. */
  torn(): string[] {
    return this.peers.flatMap(({ name, agent, place }) => {
      const torn = this.#tails.get(historyFile(place.data))?.torn ?? []
      return unexplained(torn, agent, [...this.disturbances, ...faultsIn(this.logs)]).map(
        ({ after }) => `${name} wrote a torn line after ${new Date(after).toISOString()}`,
      )
    })
  }

  /** Processes of stopped daemons that run on; only namespaces can tell. */
  async leftOver(): Promise<string[]> {
    // The harness's own programs, with the compiler that each may have started for itself.
    const own = [...this.peers.map(({ callerPid }) => callerPid), this.#serverPid]
    const expected = new Set(own.flatMap((pid) => [pid, ...tree(pid).map((one) => one.pid)]))
    const there = () => (this.lan?.processes() ?? []).filter((pid) => runs(pid) && !expected.has(pid))
    const deadline = performance.now() + GONE_MS
    while (there().length > 0 && performance.now() < deadline) await sleep(READ_MS)
    return there().map((pid) => `left over: ${commandOf(pid)}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true
    // Clients whose tasks have not ended would wait for them for ever.
    this.#ending.abort()
    await this.#stack.disposeAsync()
  }

  async #build(options: WorldOptions): Promise<void> {
    const stack = this.#stack
    this.folder = await mkdtemp(join(tmpdir(), 'chaos-'))
    stack.defer(() => rm(this.folder, { recursive: true, force: true }))
    const noLan = namespaceProblem()
    if (noLan) this.say(`no partitions: ${noLan}`)
    else this.lan = stack.use(lan(options.peers))
    const noDisk = diskProblem()
    if (noDisk) this.say(`no full disks: ${noDisk}`)
    else {
      const mib = diskMib.base + diskMib.aTask * options.tasks
      this.disk = stack.use(smallDisk(join(this.folder, 'disk'), mib))
    }
    if (options.logs !== null) stack.defer(this.#keepLogs.bind(this, options.logs))
    // A run posts in an hour what a mesh of three does in days.
    this.networkFile = await networkFile(this.folder, { length_ms: options.epoch_ms, kept: EPOCHS_KEPT })
    const server = stack.use(await this.#serve())
    this.url = server.ready.url
    this.#serverPid = server.pid
    for (let index = 0; index < options.peers; index++) this.peers.push(stack.use(await this.#peer(index)))
    const reading = setInterval(() => this.read(), READ_MS)
    stack.defer(() => clearInterval(reading))
    stack.defer(() => {
      for (const tail of this.#tails.values()) tail[Symbol.dispose]()
    })
    await Promise.all(this.peers.map((peer) => peer.start(null, this.signal)))
  }

  async #keepLogs(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true })
    for (const { place } of this.peers)
      await cp(join(place.data, 'logs'), join(folder, place.name), { recursive: true })
    const lines = this.logs.toSorted((a, b) => a.at - b.at).map((line) => `${JSON.stringify(line)}\n`)
    await writeFile(join(folder, 'history.ndjson'), lines.join(''))
  }

  #serve(): Promise<Running<{ url: string }>> {
    const words = ['relay', '--data', join(this.folder, 'server')]
    if (!this.lan) return running({ ...here, detached: true }, ...words)
    const hub = { ...this.lan.hub, detached: true }
    return running(hub, ...words, '--listen', `${this.lan.hubAddress}:31000`)
  }

  async #peer(index: number): Promise<Peer> {
    const name = String.fromCharCode('a'.charCodeAt(0) + index)
    const machine: Machine = this.lan?.machines[index] ?? here
    const data = await warmData(index === 0 && this.disk ? this.disk.folder : this.folder, name)
    const home = join(this.folder, `home-${name}`)
    const { url: bootstrap, networkFile } = this
    const place = { name, index, machine, data, home, bootstrap, networkFile }
    return new Peer(place, { ended: (peer, end) => this.#ended(peer, end) })
  }

  #ended(peer: Peer, { failpoint, wasUp, output }: PeerEnd): void {
    if (this.#stopping || this.signal.aborted) return
    if (failpoint === null) {
      this.defects.push(`${peer.name} ${wasUp ? 'ended' : 'did not start'}: ${output.trim()}`)
      this.say(this.defects.at(-1) ?? '')
    } else {
      this.fault('kill', [peer])
      this.killed(failpoint)
    }
    if (wasUp) void this.disturb([peer], 'kill', () => this.revive(peer)).catch(() => {})
  }

  #take(line: HistoryLine): void {
    this.logs.push(line)
    if (line.type === 'committed' && line.entry === 'Close') this.closed.add(line.task)
    if (line.type === 'run_started') this.running.set(line.task, line.agent)
    if (line.type === 'run_ended') this.running.delete(line.task)
  }
}

function historyFile(data: string): string {
  return join(data, 'logs/history.ndjson')
}

/** Each fault at its moment: some, such as the death of an engine, leave the peer itself. */
export function faultsIn(logs: readonly HistoryLine[]): Disturbance[] {
  return logs.flatMap((line) =>
    line.type === 'fault' ? [{ kind: line.kind, agents: line.agents, from: line.at, to: line.at }] : [],
  )
}
