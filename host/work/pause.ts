import type { Hands } from './hands.ts'
import type { Loop } from './loop.ts'

/** Why the loop takes nothing new: because a person wants it to drain, or because its chain may not be written to. */
export class Pause {
  readonly #hands: Hands
  readonly #loop: Loop
  #drain = false
  #held = false
  /** How often it was held, so that the end of one hold does not end the next. */
  #holds = 0

  constructor(hands: Hands, loop: Loop) {
    this.#hands = hands
    this.#loop = loop
  }

  /** Takes nothing new, gives back what has not begun and finishes the rest; `false` ends that. */
  drain(on: boolean): void {
    this.#drain = on
    this.#tell()
  }

  /** Begins nothing at all; `false` takes in what the own chain has got meanwhile and goes on. */
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
