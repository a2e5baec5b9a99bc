import type { Fate } from '../../../host/net/memory.ts'
import type { Clock } from '../../../host/types/clock.ts'
import type { AgentKey, Millis } from '../../../host/types/events.ts'
import type { Disturbance } from '../checker/history.ts'
import type { Faults } from './faults.ts'
import type { Prng } from './random.ts'

/** The wires of a simulation: who reaches whom, and what becomes of what is sent. */
export class Wires {
  readonly #clock: Clock
  readonly #random: Prng
  readonly #faults: Faults
  readonly #note: (disturbance: Disturbance) => void
  /** Peers on the far side of the current cut. */
  #cut: ReadonlySet<AgentKey> = new Set()
  #cutAt: Millis = 0
  /** When the last fault of the wires ends. */
  #quietFrom: Millis = Number.POSITIVE_INFINITY

  /** `note` is told of what is lost, and of cuts that are over. */
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

  /** From then on nothing is lost any more. */
  quietFrom(at: Millis): void {
    this.#quietFrom = at
  }

  get quiet(): boolean {
    return this.#clock.now() >= this.#quietFrom
  }

  reaches(from: AgentKey, to: AgentKey): boolean {
    return this.#cut.has(from) === this.#cut.has(to)
  }

  fate(from: AgentKey, to: AgentKey): Fate {
    const { loss, duplicates, unreachable } = this.#faults
    if (!this.reaches(from, to)) return this.#random.chance(0.5) ? null : []
    if (this.quiet) return [this.#delay()]
    if (this.#random.chance(unreachable)) return this.#lost(from, to, null)
    if (this.#random.chance(loss)) return this.#lost(from, to, [])
    return this.#random.chance(duplicates) ? [this.#delay(), this.#delay()] : [this.#delay()]
  }

  arrivalMs(from: AgentKey, to: AgentKey): number | null {
    return this.reaches(from, to) ? this.#random.int(1, this.#faults.arrivalMaxMs) : null
  }

  #lost(from: AgentKey, to: AgentKey, fate: Fate): Fate {
    const now = this.#clock.now()
    this.#note({ kind: 'loss', agents: [from, to], from: now, to: now })
    return fate
  }

  #delay(): number {
    return this.#random.int(1, this.#faults.delayMaxMs)
  }
}
