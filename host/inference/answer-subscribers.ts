/** Shares one task between several readers of its answer. */
import type { TaskView } from '../mesh/view/view.ts'
import type { ActionHash } from '../types/events.ts'

/** The readers of one task's answer. */
interface Reading {
  readers: number
  /** The task, if one of them has given it up. */
  givenUp: ActionHash | null
}

/**
 * Counts the readers of each task's answer. Asks with the same key share a task from the post on. If one reader gives up, the
 * task stays for the others. Each reader is a running ask, so their number is bounded.
 */
export class AnswerSubscribers {
  /** By the key of their task. */
  readonly #reading = new Map<string, Reading>()
  readonly #withdraw: (task: ActionHash) => void

  /** `withdraw` is called with each task that its last reader gives up. */
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

  /** Adds a reader. The returned function removes it, and returns the task if it has no reader left, or null. */
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
