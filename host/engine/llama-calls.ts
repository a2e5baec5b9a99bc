/** Keeps track of the calls to one process of the engine. */
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Call, Reply, RunRequest } from './child/messages.ts'
import type { LoadedModel, RunOutcome } from './port.ts'

/** A call without its number. */
type Unnumbered<T> = T extends Call ? Omit<T, 'id'> : never
/** The request of a run. */
export type LlamaRun = Unnumbered<RunRequest>

type End = Extract<Reply, { type: 'done' | 'answered' }>

/** The listener to a run's progress, as `RunJob` describes it. */
export interface Listener {
  readonly onRead: (tokens: number) => void
  readonly onText: (text: string, tokens: number) => void
}

/** The listener of calls that are not runs. */
const nobody: Listener = { onRead: () => {}, onText: () => {} }

/** A call that is under way. */
interface Pending extends Listener {
  readonly resolve: (end: End) => void
  readonly reject: (reason: unknown) => void
  readonly over: () => void
  readonly signal: AbortSignal
  /** Whether it only waits for runs to end. */
  readonly waits: boolean
  /** Whether the process is splitting its prompt into tokens. */
  splits: boolean
  /** Whether it was asked to stop and has not stopped in time. */
  overdue: boolean
}

/** A call as its caller sees it. */
export interface LlamaCall<T> {
  /** Rejects with the model's error, with `RIPPLE_ENGINE_CRASHED` or `RIPPLE_PROMPT_FATAL` when the process dies, or with the signal's reason. */
  readonly end: Promise<T>
  /** Resolves when the process has finished its work on the call, which may be later than `end` rejects. */
  readonly over: Promise<void>
}

/** The concurrent calls to one process of the engine. */
export class LlamaCalls {
  readonly #send: (message: Call | { type: 'stop'; id: number }) => void
  readonly #kill: () => void
  readonly #pending = new Map<number, Pending>()
  #ids = 0
  #models: readonly LoadedModel[] = []
  #ended: string | null = null
  #endedByPrompt = false
  /** Called when the models in memory have changed. */
  onModels: () => void = () => {}

  constructor(send: (message: Call | { type: 'stop'; id: number }) => void, kill: () => void) {
    this.#send = send
    this.#kill = kill
  }

  /** Whether the process has ended, or can no longer be trusted. */
  get ended(): boolean {
    return this.#ended !== null
  }

  /** Whether the process ended while it split a prompt. */
  get endedByPrompt(): boolean {
    return this.#endedByPrompt
  }

  /** Models in memory, the most recently used first. */
  get models(): readonly LoadedModel[] {
    return this.#models
  }

  /** Runs a prompt. */
  run(run: LlamaRun, { onRead, onText }: Listener, signal: AbortSignal): LlamaCall<RunOutcome> {
    const pieces: string[] = []
    const heard = (text: string, tokens: number): void => {
      pieces.push(text)
      onText(text, tokens)
    }
    const { end, over } = this.#call(run, { onRead, onText: heard }, signal)
    return { over, end: end.then((done) => outcomeOf(done, pieces.join(''))) }
  }

  /** Loads or unloads a model. Resolves to true if that changed anything. */
  change(
    what: Unnumbered<Extract<Call, { type: 'load' | 'unload' }>>,
    signal: AbortSignal,
  ): LlamaCall<boolean> {
    const { end, over } = this.#call(what, nobody, signal)
    return { over, end: end.then((done) => done.type === 'answered' && done.changed) }
  }

  /** Handles a reply of the process. */
  take(reply: Reply): void {
    if (reply.type === 'ready' || reply.type === 'no_gpu') return
    if (reply.type === 'models') {
      this.#models = reply.models
      this.onModels()
      return
    }
    const pending = this.#pending.get(reply.id)
    if (pending === undefined) return
    if (reply.type === 'splitting') {
      pending.splits = reply.on
      return
    }
    if (reply.type === 'read' || reply.type === 'text') {
      if (pending.signal.aborted) return
      if (reply.type === 'read') pending.onRead(reply.tokens)
      else pending.onText(reply.text, reply.tokens)
      return
    }
    this.#pending.delete(reply.id)
    if (pending.signal.aborted || reply.type === 'stopped') pending.reject(pending.signal.reason)
    else if (reply.type === 'done' || reply.type === 'answered') pending.resolve(reply)
    else pending.reject(new RippleError(reply.code, reply.facts))
    pending.over()
    this.#killOverdue()
  }

  /**
   * Ends all calls when the process has ended. A run whose prompt was being split gets `RIPPLE_PROMPT_FATAL`: it would end
   * any process.
   */
  end(detail: string): void {
    this.#ended ??= detail
    this.#models = []
    for (const { reject, signal, splits, over } of this.#pending.values()) {
      this.#endedByPrompt ||= splits
      const code = splits ? 'RIPPLE_PROMPT_FATAL' : 'RIPPLE_ENGINE_CRASHED'
      reject(signal.aborted ? signal.reason : new RippleError(code, { detail }))
      over()
    }
    this.#pending.clear()
  }

  #call(call: Unnumbered<Call>, listener: Listener, signal: AbortSignal): LlamaCall<End> {
    this.#ids += 1
    const id = this.#ids
    const { promise: end, resolve, reject } = Promise.withResolvers<End>()
    const { promise: over, resolve: isOver } = Promise.withResolvers<void>()
    if (this.#ended !== null) {
      reject(new RippleError('RIPPLE_ENGINE_CRASHED', { detail: this.#ended }))
      isOver()
      return { end, over }
    }
    const waits = call.type === 'unload'
    const pending: Pending = {
      ...listener,
      resolve,
      reject,
      over: isOver,
      signal,
      waits,
      splits: false,
      overdue: false,
    }
    this.#pending.set(id, pending)
    this.#send({ ...call, id } as Call)
    const stopping = this.#stopOnAbort(id, pending)
    void over.then(() => stopping[Symbol.dispose]())
    return { end, over }
  }

  /** Asks the call to stop when its signal is aborted, and rejects it if it does not stop in time. */
  #stopOnAbort(id: number, pending: Pending): Disposable {
    let timer: NodeJS.Timeout | undefined
    const stop = (): void => {
      this.#send({ type: 'stop', id })
      timer = setTimeout(() => {
        pending.overdue = true
        pending.reject(pending.signal.reason)
        this.#killOverdue()
      }, limits.engine_stop_ms)
    }
    if (pending.signal.aborted) stop()
    else pending.signal.addEventListener('abort', stop, { once: true })
    return {
      [Symbol.dispose]: () => {
        pending.signal.removeEventListener('abort', stop)
        clearTimeout(timer)
      },
    }
  }

  /** Kills the process if all its runs are overdue. Calls that only wait for the end of those runs do not keep it alive. */
  #killOverdue(): void {
    const pending = [...this.#pending.values()].filter(({ waits }) => !waits)
    if (pending.length > 0 && pending.every(({ overdue }) => overdue)) this.#kill()
  }
}

function outcomeOf(end: End, text: string): RunOutcome {
  if (end.type !== 'done')
    throw new RippleError('RIPPLE_ENGINE_CRASHED', { detail: 'it answered a run as something else' })
  const { finish, usage, template_digest } = end
  return { text, finish, usage, template_digest }
}
