import type { TaskView } from '../mesh/view.ts'
import type { ActionHash } from '../types/events.ts'

/** Those who wait for the answer of one task. */
interface Reading {
  readers: number
  /** The task, where one of them has given it up. */
  givenUp: ActionHash | null
}

/**
 * Who waits for the answer of each task: whoever shares its key does, from the post on, and a task that one gives up stays for the
 * others. Each reader is an ask in hand, so there are no more than those.
 */
export class TaskReaders {
  /** By the key of their task. */
  readonly #reading = new Map<string, Reading>()
  readonly #withdraw: (task: ActionHash) => void

  /** `withdraw` is called with each task that its last reader has given up. */
  constructor(withdraw: (task: ActionHash) => void) {
    this.#withdraw = withdraw
  }

  /** Follows a task that is being posted with this key, as one of its readers. Rejects as the post and `follow` do. */
  async follow<T>(
    key: string,
    posting: Promise<TaskView>,
    follow: (posted: TaskView) => Promise<T>,
  ): Promise<T> {
    const leave = this.#enter(key)
    let task: ActionHash | null = null
    try {
      const posted = await posting
      task = posted.task
      const answer = await follow(posted)
      leave(null)
      return answer
    } catch (thrown) {
      const unread = leave(task)
      if (unread !== null) this.#withdraw(unread)
      throw thrown
    }
  }

  /** One reader more. The returned function takes it out, and gives the task that nobody waits for any more, or null. */
  #enter(key: string): (givenUp: ActionHash | null) => ActionHash | null {
    const reading = this.#reading.get(key) ?? { readers: 0, givenUp: null }
    this.#reading.set(key, reading)
    reading.readers += 1
    return (givenUp) => {
      reading.readers -= 1
      reading.givenUp = givenUp ?? reading.givenUp
      if (reading.readers > 0) return null
      this.#reading.delete(key)
      return reading.givenUp
    }
  }
}
