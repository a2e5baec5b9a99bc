/** Queues posts. */
import { SerialQueue } from '../../dht/call/serial-queue.ts'
import { busy } from './refuse.ts'

/**
 * A queue that runs posts one at a time, with a bound on those that wait. A post beyond the bound is asked to come
 * again.
 */
export class PostQueue {
  readonly #max: number
  #waiting = 0
  readonly #lane = new SerialQueue()

  constructor(max: number) {
    this.#max = max
  }

  /**
   * Posts when the posts before it are done. If `lost` is aborted before that, it posts nothing and rejects with its
   * reason at once. Throws that reason where `lost` is aborted already, and `RIPPLE_BUSY` when too many wait.
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
