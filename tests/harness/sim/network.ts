import type { Fate } from '../../../host/net/memory.ts'
import type { Clock } from '../../../host/types/clock.ts'
import type { AgentKey, Millis } from '../../../host/types/events.ts'
import type { Faults } from './faults.ts'
import type { Prng } from './random.ts'

/** The wires of a simulation: who reaches whom, and what becomes of what is sent. */
export class Wires {
  readonly #clock: Clock
  readonly #random: Prng
  readonly #faults: Faults
  /** Peers on the far side of the current cut. */
  #cut: ReadonlySet<AgentKey> = new Set()
  /** When the last fault of the wires ends. */
  #quietFrom: Millis = Number.POSITIVE_INFINITY

  constructor(clock: Clock, random: Prng, faults: Faults) {
    this.#clock = clock
    this.#random = random
    this.#faults = faults
  }

  /** Cuts these peers off from the others; an empty list heals. */
  cut(agents: readonly AgentKey[]): void {
    this.#cut = new Set(agents)
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
    if (this.#random.chance(unreachable)) return null
    if (this.#random.chance(loss)) return []
    return this.#random.chance(duplicates) ? [this.#delay(), this.#delay()] : [this.#delay()]
  }

  arrivalMs(from: AgentKey, to: AgentKey): number | null {
    return this.reaches(from, to) ? this.#random.int(1, this.#faults.arrivalMaxMs) : null
  }

  #delay(): number {
    return this.#random.int(1, this.#faults.delayMaxMs)
  }
}
