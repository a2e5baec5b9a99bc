/** Pauses the work loop. */

import type { LoopSwitch } from '../planning/loop.ts'
import type { Hands } from './context/hands.ts'

/** The reasons why the loop takes nothing new: a person wants it to drain, or its chain may not be written to. */
export class Pause {
  readonly #hands: Hands
  readonly #loop: LoopSwitch
  #drain = false
  #held = false
  /** Number of holds so far, so that the end of one hold does not end the next. */
  #holds = 0

  constructor(hands: Hands, loop: LoopSwitch) {
    this.#hands = hands
    this.#loop = loop
  }

  /** Takes nothing new, releases grants that have not begun and finishes the rest; `false` ends the drain. */
  drain(on: boolean): void {
    this.#drain = on
    this.#tell()
  }

  /** Begins nothing at all; `false` reads the new events of the own chain and resumes. */
  async hold(on: boolean): Promise<void> {
    if (on) {
      this.#held = true
      this.#holds += 1
      this.#loop.stop()
      this.#tell()
      return
    }
    if (!this.#held) return
    const ended = this.#holds
    await this.#hands.writes.readOwn()
    if (ended !== this.#holds) return
    this.#held = false
    this.#tell()
    this.#loop.start()
  }

  #tell(): void {
    const on = this.#drain || this.#held
    if (this.#hands.state().draining !== on) this.#hands.dispatch({ type: 'draining', on })
  }
}
