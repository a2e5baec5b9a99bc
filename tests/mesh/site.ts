/** Hosts on one switch, made for a scenario and taken away after it. */
import { cp, lstat, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { send } from '../../host/processes/left-over.ts'
import { type Lan, lan } from '../harness/namespaces.ts'
import { SCRIPTED_MODEL, withoutModels, withScriptedModel } from '../harness/no-models.ts'
import { running } from '../harness/peer.ts'
import { commandOf, runs } from '../harness/processes.ts'
import { warmData } from '../harness/warm-data.ts'
import { Host } from './host.ts'

/** What a host's engine is: llama.cpp with the user's models, a stand-in, or none for lack of models. */
export type EngineKind = 'llama' | 'rate' | 'bulk' | 'none'

/** The hosts that a scenario wants. */
export interface SiteOptions {
  /** The engine of each host. */
  readonly engines: readonly EngineKind[]
  /** Hosts behind a NAT each, by index. */
  readonly behindNat?: readonly number[]
  /** Whether a bootstrap server on the hub is named to all, where mDNS does not reach. */
  readonly server?: boolean
  /** More variables of a host, by its index. */
  readonly env?: (index: number) => Readonly<Record<string, string>>
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** Name of a host's folder as it was after its installation. */
const INSTALLED = 'installed'
/** Pause between two looks, in milliseconds. */
const LOOK_MS = 200
/** How long a process may take to end after its daemon, in milliseconds. */
const GONE_MS = 30_000

/** The hosts of a scenario. */
export class Site implements AsyncDisposable {
  readonly hosts: Host[] = []
  readonly lan: Lan
  readonly say: (line: string) => void
  readonly signal: AbortSignal
  readonly #folder: string
  readonly #stack: AsyncDisposableStack

  private constructor(
    made: Pick<Site, 'lan' | 'say' | 'signal'>,
    folder: string,
    stack: AsyncDisposableStack,
  ) {
    this.lan = made.lan
    this.say = made.say
    this.signal = made.signal
    this.#folder = folder
    this.#stack = stack
  }

  /** Makes the hosts, and leaves their daemons down. */
  static async open(options: SiteOptions): Promise<Site> {
    await using opening = new AsyncDisposableStack()
    const { engines, behindNat = [], say, signal } = options
    const folder = await mkdtemp(join(tmpdir(), `ripple-mesh-${process.pid}-`))
    opening.defer(() => rm(folder, { recursive: true, force: true }))
    const machines = opening.use(lan(engines.length, { behindNat }))
    opening.defer(() => leaveNothing(machines))
    const site = new Site({ lan: machines, say, signal }, folder, opening.move())
    const end = () => {
      for (const host of site.hosts) host.interrupt()
    }
    signal.addEventListener('abort', end)
    site.#stack.defer(() => signal.removeEventListener('abort', end))
    try {
      const words = options.server ? ['--bootstrap', await site.serve()] : []
      for (const [index, engine] of engines.entries())
        site.hosts.push(await site.#host(index, engine, { options, words }))
      return site
    } catch (thrown) {
      await site[Symbol.asyncDispose]()
      throw thrown
    }
  }

  /** The host of a name: `a` is the first. */
  host(name: string): Host {
    const found = this.hosts.find((host) => host.name === name)
    if (!found) throw new TypeError(`there is no host ${name}`)
    return found
  }

  /** Installs the hApp on each host with its cable pulled, so that none has heard of another, and keeps its folder. */
  async install(): Promise<void> {
    this.say(`the hApp is installed on ${this.hosts.length} hosts`)
    await Promise.all(
      this.hosts.map(async (host) => {
        this.lan.plug(host.place.index, false)
        await host.up()
        await host.down()
        this.lan.plug(host.place.index, true)
        await rename(host.place.home, join(this.#folder, INSTALLED, host.name))
      }),
    )
    await this.reset()
  }

  /** Gives every host the folder that it had after its installation. */
  async reset(): Promise<void> {
    for (const { name, place } of this.hosts) {
      await rm(place.home, { recursive: true, force: true })
      await cp(join(this.#folder, INSTALLED, name), place.home, {
        recursive: true,
        preserveTimestamps: true,
        verbatimSymlinks: true,
        // The socket of the keystore is left behind by a process that has ended.
        filter: async (path) => !(await lstat(path)).isSocket(),
      })
    }
  }

  /** Types `ripple up` on all hosts at once. Returns when the last was typed, by `performance.now()`. */
  async up(): Promise<number> {
    const typed = performance.now()
    await Promise.all(this.hosts.map((host) => host.up()))
    return typed
  }

  /** Resolves with the seconds from `since` until something is so; with null where it is not so within `ms`. */
  async until(since: number, ms: number, isSo: () => Promise<boolean>): Promise<number | null> {
    for (;;) {
      if (await isSo()) return (performance.now() - since) / 1_000
      if (performance.now() - since > ms) return null
      await sleep(LOOK_MS, undefined, { signal: this.signal })
    }
  }

  /** Runs a bootstrap server on the hub, or on a machine at an address, until the hosts go, and returns its URL. */
  async serve(machine = this.lan.hub, address = this.lan.hubAddress): Promise<string> {
    const words = ['--data', join(this.#folder, 'server'), '--listen', `${address}:31000`]
    return this.#stack.use(await running<{ url: string }>(machine, 'relay', ...words)).ready.url
  }

  /** Waits some time, but no longer than the run. */
  async rest(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.signal })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }

  async #host(
    index: number,
    engine: EngineKind,
    { options, words }: { readonly options: SiteOptions; readonly words: readonly string[] },
  ): Promise<Host> {
    const name = String.fromCharCode('a'.charCodeAt(0) + index)
    const home = join(this.#folder, name)
    await warmData(join(home, 'data'), 'ripple')
    await mkdir(join(this.#folder, INSTALLED), { recursive: true })
    // A host without models posts for those that have them.
    const model = options.engines.includes('llama') ? {} : { RIPPLE_MODEL: SCRIPTED_MODEL }
    const env = {
      ...(await engineEnv(engine, home)),
      ...model,
      RIPPLE_LOCAL_OPEN: 'true',
      ...options.env?.(index),
    }
    const host = new Host({ name, index, lan: this.lan, home, env, upWords: words })
    return this.#stack.use(host)
  }
}

async function engineEnv(engine: EngineKind, home: string): Promise<Record<string, string>> {
  if (engine === 'llama') return {}
  if (engine === 'none') return withoutModels(home)
  const hook = new URL('../harness/engine-hook.mjs', import.meta.url).href
  return { ...(await withScriptedModel(home)), NODE_OPTIONS: `--import ${hook}?${engine}-engine.ts` }
}

/** Ends what still runs on the machines, and throws where there was something: an orphan is a defect. */
async function leaveNothing(machines: Lan): Promise<void> {
  const deadline = performance.now() + GONE_MS
  const left = () => machines.processes().filter(runs)
  while (left().length > 0 && performance.now() < deadline) await sleep(LOOK_MS)
  const orphans = left().map((pid) => ({ pid, command: commandOf(pid) }))
  for (const { pid } of orphans) send(pid, 'SIGKILL')
  if (orphans.length > 0)
    throw new TypeError(`left running: ${orphans.map(({ command }) => command).join('; ')}`)
}
