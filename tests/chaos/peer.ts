import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ready } from '../../host/operations/local.ts'
import type { AgentKey } from '../../host/types/events.ts'
import { killedAt } from '../../host/work/context/failpoints.ts'
import { ownFolders } from '../harness/own-folders.ts'
import { begin, type Command, type Machine, READY_MS } from '../harness/peer.ts'
import { tree } from '../harness/processes.ts'
import { type Caller, openCaller } from './calls.ts'

/** Pause before a daemon that did not come up is started again, in milliseconds. */
const AGAIN_MS = 1_000

/** The events in a peer's life. */
export interface PeerEvents {
  /** The daemon has ended by itself. A daemon that was not up yet is restarted. */
  ended(peer: Peer, end: PeerEnd): void
}

/** How a daemon went that nobody had told to. */
export interface PeerEnd {
  /** The fail point that killed it; null for a failed start, or a defect. */
  readonly failpoint: string | null
  readonly wasUp: boolean
  readonly output: string
}

/** The places of a peer on this machine. */
export interface PeerPlace {
  readonly name: string
  readonly index: number
  readonly machine: Machine
  /** Its data folder, and a folder for all else that it writes. */
  readonly data: string
  readonly home: string
  readonly bootstrap: string
  readonly networkFile: string
}

/** A real peer: a daemon, started as a person starts it, that can be killed and comes up again. */
export class Peer implements AsyncDisposable {
  readonly place: PeerPlace
  readonly #machine: Machine
  readonly #events: PeerEvents
  readonly #caller: Caller
  #command: Command | null = null
  #agent: AgentKey | null = null
  /** Whether its end is expected now. */
  #telling = false
  #up = false
  #starting: Promise<number> | null = null

  constructor(place: PeerPlace, events: PeerEvents) {
    this.place = place
    this.#events = events
    mkdirSync(place.home, { recursive: true })
    const env = { ...ownFolders(place.home), RIPPLE_NETWORK_FILE: place.networkFile }
    this.#machine = { prefix: place.machine.prefix, env, detached: true }
    this.#caller = openCaller(place.machine)
  }

  get name(): string {
    return this.place.name
  }

  /** Its key; known once it has been up. */
  get agent(): AgentKey {
    return this.#agent ?? ''
  }

  /** Whether its daemon has said that it is ready. */
  get up(): boolean {
    return this.#up
  }

  /** The daemon's pid, or null while it is down. */
  get pid(): number | null {
    return this.#command?.pid ?? null
  }

  get conductorPid(): number | null {
    const file = join(this.place.data, 'conductor/conductor.pid')
    const pid = existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : 0
    return pid > 1 ? pid : null
  }

  /** The engine's process: the only child of the daemon that is a Node. */
  get enginePid(): number | null {
    if (this.pid === null) return null
    return (
      tree(this.pid).find(({ pid, name }) => pid !== this.pid && /^(node|MainThread)/.test(name))?.pid ?? null
    )
  }

  /** The pid of its client. */
  get callerPid(): number {
    return this.#caller.pid
  }

  /** Calls a verb of its daemon. */
  call<T>(verb: string, input: unknown, ms: number): Promise<T> {
    return this.#caller.call<T>(this.place.data, verb, input, ms)
  }

  /**
   * Starts the daemon, again and again until it is ready; `failpoint` is armed in the first try. Resolves with the
   * time that took, in milliseconds.
   */
  start(failpoint: string | null, signal: AbortSignal): Promise<number> {
    this.#starting ??= this.#start(failpoint, signal).finally(() => {
      this.#starting = null
    })
    return this.#starting
  }

  async #start(failpoint: string | null, signal: AbortSignal): Promise<number> {
    const begun = performance.now()
    for (let armed = failpoint; ; armed = null) {
      signal.throwIfAborted()
      if (await this.#try(armed)) return performance.now() - begun
      await sleep(AGAIN_MS, undefined, { signal })
    }
  }

  /** Ends the daemon as `kill -9` does, and resolves when it has gone. Null where it was gone already. */
  async kill(): Promise<number | null> {
    const command = this.#command
    if (!command) return null
    this.#telling = true
    command.kill('SIGKILL')
    const at = Date.now()
    await command.ended
    return at
  }

  /** Stops the daemon in good order. Resolves with its exit code; null where there is none. */
  async stop(): Promise<number | null> {
    const command = this.#command
    if (!command) return null
    this.#telling = true
    command.kill('SIGINT')
    return (await command.ended).code
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    this.#caller[Symbol.dispose]()
  }

  async #try(failpoint: string | null): Promise<boolean> {
    const { name, data, bootstrap } = this.place
    const armed: Record<string, string> = failpoint === null ? {} : { RIPPLE_FAILPOINT: `${failpoint}:kill9` }
    const machine = { ...this.#machine, env: { ...this.#machine.env, ...armed } }
    const words = ['up', '--data', data, '--name', name, '--port', '0', '--bootstrap', bootstrap, '--json']
    this.#telling = false
    const command = begin(machine, 'ripple', ...words)
    this.#command = command
    const ready = command.until(({ stdout }) => readyIn(stdout)).catch(() => null)
    const late = setTimeout(() => command.kill('SIGKILL'), READY_MS)
    const over = command.ended.then(({ stdout, stderr }) => {
      const wasUp = this.#up
      this.#up = false
      this.#command = null
      const place = failpoint?.replace(/@.*/, '') ?? null
      const point = place !== null && stderr.includes(killedAt(place)) ? place : null
      if (!this.#telling) this.#events.ended(this, { failpoint: point, wasUp, output: stdout + stderr })
      return null
    })
    const said = await Promise.race([ready, over])
    clearTimeout(late)
    if (said === null) return false
    this.#agent = said.agent
    this.#up = true
    return true
  }
}

function readyIn(stdout: string): Ready | null {
  const length = stdout.indexOf('\n')
  if (length < 0) return null
  const answer = JSON.parse(stdout.slice(0, length)) as Ready & { error?: unknown }
  return answer.error ? null : answer
}
