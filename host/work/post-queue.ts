import { busy } from './refuse.ts'

/** Lets posts happen one at a time, and takes no more than so many that wait: whoever comes then is told to come again. */
export class PostQueue {
  readonly #max: number
  #waiting = 0
  #tail: Promise<unknown> = Promise.resolve()

  constructor(max: number) {
    this.#max = max
  }

  /** Posts when those before are done. Throws `RIPPLE_BUSY` when too many wait already. */
  take<T>(post: () => Promise<T>): Promise<T> {
    if (this.#waiting >= this.#max) throw busy('the queue of posts', this.#max)
    this.#waiting += 1
    const turn = this.#tail.then(post).finally(() => {
      this.#waiting -= 1
    })
    this.#tail = turn.catch(() => undefined)
    return turn
  }
}
