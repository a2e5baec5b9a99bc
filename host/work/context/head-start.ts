/** Keeps the one run of an own task that began before its Grant. */
import type { Engine, RunJob, RunOutcome } from '../../engine/port.ts'
import { toRippleError } from '../../errors/ripple-error.ts'

type OnText = RunJob['onText']
type OnRead = NonNullable<RunJob['onRead']>

/**
 * A run of an own task that began when it was posted: this machine will most likely be granted it, and somebody waits.
 * Until its Grant is being written, only the client that posts it sees its text. The text counts by that Grant alone.
 */
export class HeadStart {
  /** The client's key of the task. */
  readonly id: string
  /** Resolves with the first piece, or when the run has ended. */
  readonly begun: Promise<void>
  readonly #stop = new AbortController()
  readonly #outcome: Promise<RunOutcome>
  #text = ''
  #tokens = 0
  #listener: OnText | null = null
  /** Tokens of the prompt that are read; null before it begins. */
  #read: number | null = null
  #onRead: OnRead | null = null
  #failed = false

  constructor(
    id: string,
    engine: Pick<Engine, 'run'>,
    job: Omit<RunJob, 'onRead' | 'onText'>,
    ending: AbortSignal,
  ) {
    this.id = id
    const first = Promise.withResolvers<void>()
    this.begun = first.promise
    const onText: OnText = (text, tokensOut) => {
      first.resolve()
      this.#text += text
      this.#tokens = tokensOut
      this.#listener?.(text, tokensOut)
    }
    const onRead: OnRead = (tokens) => {
      this.#read = tokens
      this.#onRead?.(tokens)
    }
    this.#outcome = engine.run({ ...job, onRead, onText }, AbortSignal.any([this.#stop.signal, ending]))
    this.#outcome
      .catch((thrown: unknown) => {
        // A prompt that has ended the engine once is not given to it again.
        this.#failed = toRippleError(thrown).code !== 'RIPPLE_PROMPT_FATAL'
      })
      .finally(first.resolve)
  }

  /** Whether the run failed, other than by a fatal prompt. */
  get failed(): boolean {
    return this.#failed
  }

  /** Passes the text so far, and from now on each piece, to this listener alone. */
  follow(listener: OnText): void {
    this.#listener = listener
    if (this.#text !== '') listener(this.#text, this.#tokens)
  }

  /**
   * Joins the run for its grant: reports its progress so far and from now on, and returns its outcome. Rejects as
   * `Engine.run` does.
   */
  async join(onRead: OnRead, listener: OnText, signal: AbortSignal): Promise<RunOutcome> {
    const stop = () => this.#stop.abort(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    try {
      this.#onRead = onRead
      if (this.#read !== null) onRead(this.#read)
      this.follow(listener)
      return await this.#outcome
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  /** Ends the run: the task is another worker's, or is wanted no more. */
  stop(): void {
    this.#listener = null
    this.#onRead = null
    this.#stop.abort()
  }
}

/** The only head start at a time: it uses an engine that would be idle. */
export class HeadStarts {
  #one: HeadStart | null = null

  get idle(): boolean {
    return this.#one === null
  }

  begin(start: HeadStart): void {
    this.#one = start
  }

  /** Returns the head start of a task, by its key. */
  of(id: string | undefined): HeadStart | null {
    return this.#one?.id === id ? this.#one : null
  }

  /** Removes and returns the head start of a task, to be joined. */
  take(id: string | undefined): HeadStart | null {
    const start = this.of(id)
    if (start) this.#one = null
    return start
  }

  /** Ends the head start of a task, if there is one. */
  stop(id: string | undefined): void {
    this.take(id)?.stop()
  }
}
