import type { Clock } from '../../../host/types/clock.ts'
import type { AgentKey, Millis } from '../../../host/types/events.ts'
import type { Disturbance } from '../checker/history.ts'
import type { Fate } from '../doubles/memory-messages.ts'
import type { Faults } from './faults.ts'
import type { Prng } from './random.ts'

/** How often the wires did what they may do to messages and events. */
export type WireFaults = Pick<
  Record<keyof Faults, number>,
  'loss' | 'duplicates' | 'unreachable' | 'delayMaxMs' | 'arrivalMaxMs'
>

/** From how long on a message or an event is late, in milliseconds. */
const lateMs = 1_000

/** The wires of a simulation: the machines that reach each other, and the fate of each message. */
export class Wires {
  readonly met: Record<keyof WireFaults, number> = {
    loss: 0,
    duplicates: 0,
    unreachable: 0,
    delayMaxMs: 0,
    arrivalMaxMs: 0,
  }
  readonly #clock: Clock
  readonly #random: Prng
  readonly #faults: Faults
  readonly #note: (disturbance: Disturbance) => void
  /** Peers on the far side of the current cut. */
  #cut: ReadonlySet<AgentKey> = new Set()
  #cutAt: Millis = 0
  /** Machines that are off: they reach nobody, and nothing reaches them. */
  readonly #off = new Set<AgentKey>()
  /** When the last fault of the wires ends. */
  #quietFrom: Millis = Number.POSITIVE_INFINITY

  /** Makes the wires; `note` receives lost messages, and cuts that are over. */
  constructor(clock: Clock, random: Prng, faults: Faults, note: (disturbance: Disturbance) => void) {
    this.#clock = clock
    this.#random = random
    this.#faults = faults
    this.#note = note
  }

  /** Cuts these peers off from the others; an empty list heals. */
  cut(agents: readonly AgentKey[]): void {
    const now = this.#clock.now()
    if (this.#cut.size > 0)
      this.#note({ kind: 'partition', agents: [...this.#cut], from: this.#cutAt, to: now })
    this.#cut = new Set(agents)
    this.#cutAt = now
  }

  /** Takes a machine off the wires, or puts it on them again. */
  turn(agent: AgentKey, way: 'off' | 'on'): void {
    if (way === 'off') this.#off.add(agent)
    else this.#off.delete(agent)
  }

  /** From then on nothing is lost any more. */
  quietFrom(at: Millis): void {
    this.#quietFrom = at
  }

  get quiet(): boolean {
    return this.#clock.now() >= this.#quietFrom
  }

  reaches(from: AgentKey, to: AgentKey): boolean {
    if (this.#off.has(from) || this.#off.has(to)) return false
    return this.#cut.has(from) === this.#cut.has(to)
  }

  fate(from: AgentKey, to: AgentKey): Fate {
    const { loss, duplicates, unreachable } = this.#faults
    if (!this.reaches(from, to)) return this.#random.chance(0.5) ? null : []
    if (this.quiet) return [this.#delay()]
    if (this.#random.chance(unreachable)) return this.#lost(from, to, null)
    if (this.#random.chance(loss)) return this.#lost(from, to, [])
    if (!this.#random.chance(duplicates)) return [this.#delay()]
    this.met.duplicates += 1
    return [this.#delay(), this.#delay()]
  }

  arrivalMs(from: AgentKey, to: AgentKey): number | null {
    if (!this.reaches(from, to)) return null
    const ms = this.#random.int(1, this.#faults.arrivalMaxMs)
    if (ms > lateMs) this.met.arrivalMaxMs += 1
    return ms
  }

  #lost(from: AgentKey, to: AgentKey, fate: Fate): Fate {
    const now = this.#clock.now()
    this.met[fate ? 'loss' : 'unreachable'] += 1
    this.#note({ kind: 'loss', agents: [from, to], from: now, to: now })
    return fate
  }

  #delay(): number {
    const ms = this.#random.int(1, this.#faults.delayMaxMs)
    if (ms > lateMs) this.met.delayMaxMs += 1
    return ms
  }
}
