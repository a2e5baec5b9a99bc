/** Begins own tasks before their Grant is written. */
import type { Engine, RunJob, RunOutcome } from '../engine/port.ts'
import { toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { isOneOfMany } from '../mesh/candidates.ts'
import { feasible } from '../mesh/feasible.ts'
import type { ActionHash } from '../types/events.ts'
import type { InferencePayload } from '../types/inference.ts'
import { mayBegin } from './ask-policy.ts'
import type { Hands } from './hands.ts'
import type { Draft } from './post.ts'
import { tellPiece } from './take-tokens.ts'

type OnText = RunJob['onText']
type OnRead = NonNullable<RunJob['onRead']>

/** The callback for each piece of an answer that began before its task stands on the chain, in order. */
export type Shown = (text: string) => void

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

/** Begins a task that is being posted here, if its Grant would go to this machine and the policy allows the run. */
export async function headStart(
  draft: Draft,
  asked: InferencePayload,
  hands: Hands,
  shown?: Shown,
): Promise<void> {
  const { task } = draft
  const { engine } = hands.needs
  if (task.work.type !== 'model' || !comesHere(draft, hands)) return
  if (!(await mayBegin(task, asked, hands)) || !isIdle(hands)) return
  const alone = task.deterministic !== null
  const job = { ...asked, model: task.work.digest, prefix: '', alone }
  const start = new HeadStart(task.id, engine, job, hands.signal)
  if (shown) start.follow((text) => shown(text))
  hands.headStarts.begin(start)
  await untilBegun(start, hands)
}

/**
 * Waits for the first piece, at most `limits.head_start_ms`, before the conductor gets work. On a small machine prompt
 * and conductor would triple each other's time.
 */
async function untilBegun({ begun }: HeadStart, { needs, signal }: Hands): Promise<void> {
  const over = new AbortController()
  const patience = needs.clock.sleep(limits.head_start_ms, AbortSignal.any([signal, over.signal]))
  await Promise.race([begun, patience.catch(() => undefined)])
  over.abort()
}

/** Passes the text of a head start to the task's followers, now that this machine is being granted the task. */
export function tellHeadStart(task: ActionHash, hands: Hands): void {
  let offset = 0
  hands.headStarts.of(idOf(task, hands))?.follow((text, tokens_out) => {
    tellPiece(task, { attempt: 1, offset, text, tokens_out }, hands)
    offset += text.length
  })
}

/** Ends the head start of a task that will not use it. */
export function endHeadStart(task: ActionHash, hands: Hands): void {
  hands.headStarts.stop(idOf(task, hands))
}

/**
 * Returns the head start of a task for its first attempt. Returns null without one, or where it failed: that run was
 * not granted, so its failure does not count.
 */
export function takeHeadStart(task: ActionHash, attempt: number, hands: Hands): HeadStart | null {
  const start = hands.headStarts.take(idOf(task, hands))
  if (start && attempt === 1 && !start.failed) return start
  start?.stop()
  return null
}

function idOf(task: ActionHash, hands: Hands): string | undefined {
  return hands.state().tasks.get(task)?.task.entry.id
}

function isIdle({ runs, headStarts }: Hands): boolean {
  return runs.size === 0 && headStarts.idle
}

/**
 * Whether this machine would be granted a task at once: it is the nearest or the only one, and has nothing else to do.
 */
function comesHere({ task, only }: Draft, hands: Hands): boolean {
  const state = hands.state()
  const { self, config, draining } = state
  const own = state.peers.get(self)
  const wanted =
    only === null ? task.placement.prefer === 'nearest' && isOneOfMany(state, task) : only === self
  if (!wanted || !own || draining || !config.works || task.depends_on.length > 0 || !isIdle(hands))
    return false
  return feasible(task, own, self, hands.needs.clock.now(), config.peer_away_ms).length === 0
}
