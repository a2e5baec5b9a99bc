import type { Artifacts } from '../../../host/artifacts/port.ts'
import type { Dht } from '../../../host/dht/port.ts'
import type { Engine } from '../../../host/engine/port.ts'
import type { MeshCore } from '../../../host/mesh/core.ts'
import type { Messages } from '../../../host/net/port.ts'
import type { AlarmClock } from '../../../host/types/clock.ts'
import type { Gate } from '../../../host/types/decision.ts'
import type { AgentKey } from '../../../host/types/events.ts'
import type { Peer } from '../../../host/types/peer.ts'
import type { WorkConfig } from '../../../host/work/context/config.ts'
import type { EventRules } from '../../../host/work/context/context.ts'
import { armFailpoint, type Failpoint, type PassFailpoint } from '../../../host/work/context/failpoints.ts'
import type { OpenBox } from '../../../host/work/context/published.ts'
import type { Journal } from '../../../host/work/journal/port.ts'
import { startWork, type Work } from '../../../host/work/work.ts'
import type { HistoryLine } from '../checker/history.ts'
import { Life } from './life.ts'
import type { Prng } from './random.ts'

/** The state of one simulated machine that survives its daemon. */
export interface Machine {
  readonly agent: AgentKey
  readonly name: string
  readonly dht: Dht
  readonly messages: Messages
  readonly engine: Engine
  readonly artifacts: Artifacts
  readonly journal: Journal
  readonly clock: AlarmClock
  readonly random: Prng
  readonly rules: EventRules
  /** Stands in for the policies. */
  readonly gate: Gate
  readonly openBox: OpenBox
  readonly config: WorkConfig
  readonly core: MeshCore
  /** As `WorkNeeds.lost`, for its daemon's next life. */
  lost?(): AbortSignal
  peers(): readonly Peer[]
  record(event: HistoryLine): void
  /** Told of each message that its daemon gets. */
  heard(from: AgentKey): void
  /** Told as each life of its daemon begins. */
  begins(): void
  /** Told when the machine goes off the wires, and when it is on them again. */
  turned(way: 'off' | 'on'): void
  /** Told when its daemon is up again after a kill, or awake. */
  cameBack(): void
}

/** How long a killed daemon is down where nothing else says so: longer than the write that was being done, in milliseconds. */
const downMs = { min: 100, max: 20_000 }

/** A machine's daemon, that can be killed and comes up again. */
export class Daemon {
  readonly machine: Machine
  #life: Life
  #work: Work | null = null
  #wasKilled = false
  #peersChanged: () => void = () => undefined
  #up = Promise.withResolvers<Work>()
  #pass: PassFailpoint = () => undefined
  /** How long it stays down after the kill to come; null leaves it to chance. */
  #absence: number | null = null
  /** Awaits until the next kill, oldest first; what is left when it comes up decides that run's end. */
  readonly #kills: number[]

  constructor(machine: Machine, kills: readonly number[]) {
    this.machine = machine
    this.#kills = [...kills]
    this.#life = new Life(null, () => undefined)
  }

  /** The daemon's work, or null while it is down or asleep. */
  get work(): Work | null {
    return this.#life.dead || this.#life.asleep ? null : this.#work
  }

  /** Resolves when it is up. */
  up(): Promise<Work> {
    return this.work ? Promise.resolve(this.work) : this.#up.promise
  }

  /** Tells it that the list of peers has changed. */
  peersChanged(): void {
    if (!this.#life.dead && !this.#life.asleep) this.#peersChanged()
  }

  /** Awaits of its present life, each a point at which it could have been killed. */
  get steps(): number {
    return this.#life.steps
  }

  /** Has it killed at this await of its next life. */
  killAt(step: number): void {
    this.#kills.unshift(step)
  }

  /** Lets it live from now on. */
  spare(): void {
    this.#kills.length = 0
    this.#life.spare()
  }

  /** Ends it as `kill -9` does. */
  kill(): void {
    this.#life.kill()
  }

  /** Ends it as it passes a place in the life of a task, as `armFailpoint` reads it. */
  arm(text: string): void {
    this.#pass = armFailpoint(text, () => this.kill())
  }

  /** Is gone for so long, in milliseconds. */
  leave(ms: number): void {
    if (this.#life.dead) return
    this.#absence = ms
    this.kill()
  }

  /**
   * Sleeps for so long, in milliseconds, as a laptop that is closed; false where it is down, or runs something: the engine of a
   * simulation does not sleep.
   */
  doze(ms: number): boolean {
    const { machine } = this
    const life = this.#life
    if (!this.work || this.work.heldGrants() > 0) return false
    life.doze()
    machine.turned('off')
    this.#up = Promise.withResolvers<Work>()
    void machine.clock.sleep(ms, new AbortController().signal).then(() => {
      if (life.dead) return
      life.wake()
      machine.turned('on')
      if (this.#work) this.#up.resolve(this.#work)
      machine.cameBack()
    })
    return true
  }

  /** Comes up, and after each kill again. */
  start(): void {
    const { machine } = this
    let off = () => {}
    const life = new Life(this.#kills.shift() ?? null, () => {
      off()
      this.#killed()
    })
    this.#life = life
    machine.begins()
    machine.turned('on')
    const messages: Messages = {
      send: (to, message, signal) => machine.messages.send(to, message, signal),
      // Each piece is a call of its own, at which the machine may die.
      stream: (to, signal) => ({
        write: (piece) => void guarded.send(to, piece, signal).catch(() => undefined),
        end: () => undefined,
      }),
      onMessage: (handler) => {
        off = machine.messages.onMessage((from, message, by) => {
          if (life.dead || life.asleep) return
          machine.heard(from)
          handler(from, message, by)
        })
        return off
      },
    }
    const guarded = life.guard(messages)
    const clock: AlarmClock = {
      now: () => machine.clock.now(),
      sleep: (ms, signal) => machine.clock.sleep(ms, signal),
      after: (ms, ring) =>
        machine.clock.after(ms, () => life.whenAwake(() => (life.dead ? undefined : ring()))),
    }
    const needs = {
      dht: life.guard(machine.dht),
      messages: guarded,
      engine: life.guard(machine.engine),
      artifacts: life.guard(machine.artifacts),
      journal: life.guard(machine.journal),
      clock: life.guard(clock),
      random: machine.random,
      rules: machine.rules,
      gate: life.guard(machine.gate),
      openBox: machine.openBox,
      ...(machine.lost && { lost: machine.lost }),
      peers: () => machine.peers(),
      onPeers: (changed: () => void) => {
        this.#peersChanged = changed
        return () => undefined
      },
      record: (event: HistoryLine) => (life.dead ? undefined : machine.record(event)),
      failpoint: (point: Failpoint) => this.#pass(point),
    }
    void startWork(needs, machine.config, new AbortController().signal, machine.core).then((work) => {
      if (life.dead) return
      this.#work = work
      this.#up.resolve(work)
      if (this.#wasKilled) machine.cameBack()
    })
  }

  #killed(): void {
    const { clock, agent, random } = { ...this.machine }
    this.#work = null
    this.machine.turned('off')
    this.#wasKilled = true
    this.#up = Promise.withResolvers<Work>()
    this.machine.record({ type: 'fault', kind: 'kill', agents: [agent], agent, at: clock.now() })
    const off = this.#absence ?? random.int(downMs.min, downMs.max)
    this.#absence = null
    void clock.sleep(off, new AbortController().signal).then(() => this.start())
  }
}
