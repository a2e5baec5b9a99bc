import type { Clock } from '../types/clock.ts'

/** How long one thing is waited for before the next is begun beside it, in milliseconds. */
interface Patience {
  readonly ms: number
  readonly sleep: Clock['sleep']
}

/** Does one thing after the other, in the order in which they came; with patience, what takes long is not waited for. */
export class Lane {
  readonly #patience: Patience | null
  #tail: Promise<void> = Promise.resolve()

  constructor(patience: Patience | null = null) {
    this.#patience = patience
  }

  /**
   * Does work when what came before it has ended, well or not. Where a signal is given and aborted before its turn it is
   * never done, and that is said at once: rejects with the signal's reason.
   */
  take<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const before = this.#tail
    const turn = inTurn(before, signal, work)
    // One that left the queue must not let the next pass those before it, and what was given is not kept.
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

/** Resolves when the next may have its turn: when this one has ended, well or not, or when it has taken too long. */
async function passable(turn: Promise<unknown>, patience: Patience | null): Promise<void> {
  const ended = new AbortController()
  const over = turn.then(
    () => ended.abort(),
    () => ended.abort(),
  )
  if (patience === null) return over
  await Promise.race([over, patience.sleep(patience.ms, ended.signal).catch(() => over)])
}
