/** Runs work in turns, in the order in which it was requested. */
import type { Clock } from '../../types/clock.ts'

/** The longest wait for one piece of work before the next begins, in milliseconds. */
interface Patience {
  readonly ms: number
  readonly sleep: Clock['sleep']
}

/**
 * A queue that runs one piece of work after the other. With patience, the next begins even if the current one takes too
 * long.
 */
export class SerialQueue {
  readonly #patience: Patience | null
  #tail: Promise<void> = Promise.resolve()

  constructor(patience: Patience | null = null) {
    this.#patience = patience
  }

  /**
   * Runs work when all earlier work has ended, whether it succeeded or failed. If the signal aborts before its turn,
   * rejects at once with the signal's reason, and the work never runs.
   */
  take<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const before = this.#tail
    const turn = inTurn(before, signal, work)
    // Work that left the queue must not let the next overtake earlier work, and results are not retained.
    this.#tail = before.then(() => passable(turn, this.#patience))
    return turn
  }
}

function inTurn<T>(
  before: Promise<void>,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (signal === undefined) return before.then(work)
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const leave = () => reject(signal.reason)
  if (signal.aborted) leave()
  signal.addEventListener('abort', leave, { once: true })
  void before.then(() => {
    signal.removeEventListener('abort', leave)
    if (!signal.aborted) work().then(resolve, reject)
  })
  return promise
}

/** Resolves when the next may have its turn: when this one has ended, well or not, or has taken too long. */
async function passable(turn: Promise<unknown>, patience: Patience | null): Promise<void> {
  const ended = new AbortController()
  const over = turn.then(
    () => ended.abort(),
    () => ended.abort(),
  )
  if (patience === null) return over
  await Promise.race([over, patience.sleep(patience.ms, ended.signal).catch(() => over)])
}
