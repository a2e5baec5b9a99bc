import type { Happening } from '../mesh/events.ts'
import type { MeshState } from '../mesh/state.ts'
import { stateOf, type TaskState, type TaskView, viewTask } from '../mesh/view.ts'
import type { Clock } from '../types/clock.ts'
import type { ActionHash } from '../types/events.ts'

/** What people follow: a task that changed, or a piece of its answer as it is generated. */
export type WorkEvent =
  | { readonly type: 'task'; readonly view: TaskView }
  | {
      readonly type: 'text'
      readonly task: ActionHash
      readonly attempt: number
      /** Where in the answer it begins, in UTF-16 units. */
      readonly offset: number
      readonly text: string
    }

/** Those who follow the own tasks. */
export class Watchers {
  readonly #clock: Clock
  readonly #listeners = new Set<(event: WorkEvent) => void>()
  /** Where each open task stood when it was last told of. */
  readonly #stood = new Map<ActionHash, TaskState>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(listener: (event: WorkEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Tells of a task whose view is another than before. */
  changed(before: MeshState, after: MeshState, happening: Happening): void {
    if (before.tasks === after.tasks || this.#listeners.size === 0) return
    const task = taskOf(happening)
    const posted = task ? after.tasks.get(task) : undefined
    if (!task || !posted) return
    const old = before.tasks.get(task)
    const now = this.#clock.now()
    const view = viewTask(after, posted, now)
    if (old && JSON.stringify(viewTask(before, old, now)) === JSON.stringify(view)) return
    this.#tellTask(view)
  }

  /** Tells of an open task that stands elsewhere although nothing has happened to it: its worker's time has run out. */
  looked(state: MeshState, task: ActionHash): void {
    const posted = state.open.get(task)
    if (!posted || this.#listeners.size === 0) return
    const now = this.#clock.now()
    if (stateOf(posted, now, state.config.silence_ms) === this.#stood.get(task)) return
    this.#tellTask(viewTask(state, posted, now))
  }

  /** Tells of a piece of an answer. */
  told(piece: WorkEvent & { readonly type: 'text' }): void {
    this.#tell(piece)
  }

  /** Resolves with the task's view when it is closed. */
  closed(state: () => MeshState, task: ActionHash, signal: AbortSignal): Promise<TaskView> {
    const posted = state().tasks.get(task)
    if (posted?.close) return Promise.resolve(viewTask(state(), posted, this.#clock.now()))
    const { promise, resolve } = Promise.withResolvers<TaskView>()
    const off = this.add((event) => {
      if (event.type === 'task' && event.view.task === task && event.view.close) resolve(event.view)
    })
    return this.unlessAborted(promise, signal).finally(off)
  }

  /** The promise's outcome, or the signal's reason if that comes first. */
  unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
    const { promise: result, resolve, reject } = Promise.withResolvers<T>()
    const aborted = () => reject(signal.reason)
    if (signal.aborted) aborted()
    signal.addEventListener('abort', aborted, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted))
    return result
  }

  #tellTask(view: TaskView): void {
    if (view.close) this.#stood.delete(view.task)
    else this.#stood.set(view.task, view.state)
    this.#tell({ type: 'task', view })
  }

  #tell(event: WorkEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}

function taskOf(happening: Happening): ActionHash | null {
  switch (happening.type) {
    case 'committed':
      return happening.event.entry.type === 'Task' ? happening.event.hash : taskNamed(happening.event.entry)
    case 'message_received':
      return taskNamed(happening.message)
    default:
      return taskNamed(happening)
  }
}

function taskNamed(about: object): ActionHash | null {
  return 'task' in about && typeof about.task === 'string' ? about.task : null
}
