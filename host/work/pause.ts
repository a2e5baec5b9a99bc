/** Pauses the work loop. */

import type { LoopSwitch } from '../planning/loop.ts'
import type { WorkContext } from './context/context.ts'

/** The reasons why the loop takes nothing new: a person wants it to drain, or its chain may not be written to. */
export class Pause {
  readonly #context: WorkContext
  readonly #loop: LoopSwitch
  #drain = false
  #held = false
  /** Number of holds so far, so that the end of one hold does not end the next. */
  #holds = 0

  constructor(context: WorkContext, loop: LoopSwitch) {
    this.#context = context
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
    await this.#context.writes.readOwn()
    if (ended !== this.#holds) return
    this.#held = false
    this.#tell()
    this.#loop.start()
  }

  #tell(): void {
    const on = this.#drain || this.#held
    if (this.#context.state().draining !== on) this.#context.dispatch({ type: 'draining', on })
  }
}
