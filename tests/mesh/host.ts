/** One host of a mesh: a user with a HOME, a daemon and a conductor in a network namespace. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import { send } from '../../host/processes/left-over.ts'
import { type Caller, openCaller } from '../chaos/calls.ts'
import type { Lan } from '../harness/namespaces.ts'
import { ownFolders } from '../harness/own-folders.ts'
import { type Machine, type Ran, type Running, ripple, rippleJson, running } from '../harness/peer.ts'
import { tree } from '../harness/processes.ts'

/** How long a call to a daemon may take, in milliseconds. */
const CALL_MS = 15_000
/** The command line of `ripple` itself; one that hid a secret has another title. */
const commands = /^ripple |\/ripple\.mjs /

/** How long a daemon may take to stop, in milliseconds. */
const DOWN_MS = 30_000

/** The place of a host. */
export interface HostPlace {
  readonly name: string
  readonly index: number
  readonly lan: Lan
  readonly home: string
  /** Variables on top of those of its user. */
  readonly env: Readonly<Record<string, string>>
  /** Words of every `ripple up`. */
  readonly upWords: readonly string[]
}

/** A row of `ripple peers`. */
export interface PeerRow {
  readonly agent: string
  readonly name: string
  readonly self: boolean
  readonly state: string
  /** Where its acceptance is missing; null if it is accepted on both sides. */
  readonly waiting?: 'here' | 'there' | null
}

/** A process of a host, with its command line. */
interface Process {
  readonly pid: number
  readonly command: string
}

/** One host. Deeds go through the command line; looks, many a second, through a client that stays. */
export class Host implements AsyncDisposable {
  readonly place: HostPlace
  readonly #machine: Machine
  readonly #caller: Caller
  #daemon: Running<Ready> | null = null
  #agent = ''

  constructor(place: HostPlace) {
    this.place = place
    const machine = place.lan.machines[place.index]
    if (!machine) throw new TypeError(`there is no machine ${place.index}`)
    const env = { ...ownFolders(place.home), RIPPLE_NAME: place.name, ...place.env }
    this.#machine = { prefix: machine.prefix, env }
    this.#caller = openCaller(machine)
  }

  get name(): string {
    return this.place.name
  }

  /** Its agent key; known once it has been up. */
  get agent(): string {
    return this.#agent
  }

  /** The folder that `ripple` takes without `--data`. */
  get data(): string {
    return join(this.place.home, 'data', 'ripple')
  }

  get machine(): Machine {
    return this.#machine
  }

  /** Types `ripple up`; resolves when it is ready. */
  async up(...words: string[]): Promise<void> {
    this.#daemon = await running<Ready>(this.#machine, 'up', ...this.place.upWords, ...words)
    this.#agent = this.#daemon.ready.agent
  }

  /** Ends it as Ctrl-C does. */
  async down(): Promise<void> {
    const daemon = this.#daemon
    this.#daemon = null
    await daemon?.end('SIGINT')
  }

  /** Sends Ctrl-C to all commands that run on it. */
  interrupt(): void {
    for (const { pid, command } of this.processes()) if (commands.test(command)) send(pid, 'SIGINT')
  }

  /** Runs a command on it. */
  ripple(...words: string[]): Promise<Ran> {
    return ripple(this.#machine, ...words)
  }

  /** Runs a command with `--json`, and returns the document. */
  json<T>(...words: string[]): Promise<T> {
    return rippleJson<T>(this.#machine, ...words)
  }

  /** Types `ripple task post` and waits for the end; null where there is no task to show. */
  async post(...words: string[]): Promise<TaskView | null> {
    const { stdout } = await this.ripple('task', 'post', ...words, '--wait', '--json')
    const answer = JSON.parse(stdout || 'null') as TaskView | { error: unknown } | null
    return answer === null || 'error' in answer ? null : answer
  }

  /** Asks its daemon as the command line does, without a process for each question. */
  call<T>(verb: string, input: object = {}): Promise<T> {
    return this.#caller.call<T>(this.data, verb, input, CALL_MS)
  }

  /** The rows of its `ripple peers`; none where its daemon does not answer. */
  async peers(): Promise<readonly PeerRow[]> {
    const answer = await this.call<{ peers: PeerRow[] }>('peers').catch(() => ({ peers: [] }))
    return answer.peers
  }

  /** Whether it runs the mesh's bootstrap server. */
  serves(): boolean {
    return this.processes().some(({ command }) => /^\S*kitsune2-bootstrap-srv /.test(command))
  }

  /** Its processes, without the client that looks. */
  processes(): readonly Process[] {
    const own = new Set(tree(this.#caller.pid).map(({ pid }) => pid))
    return this.place.lan
      .processes(this.place.index)
      .filter((pid) => !own.has(pid))
      .flatMap(processOf)
  }

  /** Ends all of it at once, as a power cut does. */
  async kill(): Promise<void> {
    for (const { pid } of this.processes()) send(pid, 'SIGKILL')
    await this.#daemon?.ended
    this.#daemon = null
  }

  /** Stops all of it and pulls its cable, as a laptop's lid does. */
  freeze(): void {
    this.place.lan.plug(this.place.index, false)
    for (const { pid } of this.processes()) send(pid, 'SIGSTOP')
  }

  /** Undoes `freeze`. */
  thaw(): void {
    for (const { pid } of this.processes()) send(pid, 'SIGCONT')
    this.place.lan.plug(this.place.index, true)
  }

  /** Ends all of it: in good order where it can, by force where it does not end. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { pid } of this.processes()) send(pid, 'SIGCONT')
    await Promise.race([this.down(), sleep(DOWN_MS)])
    await this.kill()
    this.#caller[Symbol.dispose]()
  }
}

/** A process; nothing where it has ended. */
function processOf(pid: number): Process[] {
  try {
    return [{ pid, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') }]
  } catch {
    return []
  }
}
