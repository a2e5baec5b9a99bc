import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Call, Reply, RunRequest } from './child/messages.ts'
import type { LoadedModel, RunOutcome } from './port.ts'

/** A call without the number that it is given. */
type Unnumbered<T> = T extends Call ? Omit<T, 'id'> : never
/** What to run. */
export type LlamaRun = Unnumbered<RunRequest>

type End = Extract<Reply, { type: 'done' | 'answered' }>

/** Who is told how a run gets on, as `RunJob` says. */
export interface Listener {
  readonly onRead: (tokens: number) => void
  readonly onText: (text: string, tokens: number) => void
}

/** Who calls for no run. */
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
  /** Whether it was told to stop and has taken too long over it. */
  overdue: boolean
}

/** What a caller has of a call. */
export interface LlamaCall<T> {
  /** Rejects with the model's error, with `RIPPLE_ENGINE_CRASHED` or `RIPPLE_PROMPT_FATAL` when the process dies, or with the signal's reason. */
  readonly end: Promise<T>
  /** Resolves when the process has nothing more to do for it, which may be later than `end` rejects. */
  readonly over: Promise<void>
}

/** The calls to one life of the engine's process, several at a time. */
export class LlamaCalls {
  readonly #send: (message: Call | { type: 'stop'; id: number }) => void
  readonly #kill: () => void
  readonly #pending = new Map<number, Pending>()
  #ids = 0
  #models: readonly LoadedModel[] = []
  #ended: string | null = null
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

  /** Models in memory, the one used last first. */
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

  /** Loads or unloads a model; whether there was anything to do. */
  change(
    what: Unnumbered<Extract<Call, { type: 'load' | 'unload' }>>,
    signal: AbortSignal,
  ): LlamaCall<boolean> {
    const { end, over } = this.#call(what, nobody, signal)
    return { over, end: end.then((done) => done.type === 'answered' && done.changed) }
  }

  /** Takes what the process says. */
  take(reply: Reply): void {
    if (reply.type === 'ready') return
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

  /** Ends all calls when the process has ended. A run whose prompt was being split is to blame: it would end any process. */
  end(detail: string): void {
    this.#ended ??= detail
    this.#models = []
    for (const { reject, signal, splits, over } of this.#pending.values()) {
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

  /** On abort, asks the call to stop, and gives it up when it does not obey in time. */
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

  /** A process in which only runs go on that nobody wants any more is not waited for, also not by who waits for their end. */
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
