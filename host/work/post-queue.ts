import { Lane } from '../dht/lane.ts'
import { busy } from './refuse.ts'

/** Lets posts happen one at a time, and takes no more than so many that wait: whoever comes then is told to come again. */
export class PostQueue {
  readonly #max: number
  #waiting = 0
  readonly #lane = new Lane()

  constructor(max: number) {
    this.#max = max
  }

  /**
   * Posts when those before are done. Where `lost` is given and aborted before that, nothing is posted, and it rejects with its
   * reason at once. Throws that reason too, and `RIPPLE_BUSY` when too many wait already.
   */
  take<T>(post: () => Promise<T>, lost?: AbortSignal): Promise<T> {
    lost?.throwIfAborted()
    if (this.#waiting >= this.#max) throw busy('the queue of posts', this.#max)
    this.#waiting += 1
    return this.#lane.take(post, lost).finally(() => {
      this.#waiting -= 1
    })
  }
}
