/** Builds the report of `npm start --json`. */
import type { TaskView } from '../operations/context.ts'

/** The document that `npm start -- --once --json` prints. Timings are in milliseconds, each from the step before. */
export interface StartReport {
  readonly task: string
  readonly poster: string
  readonly worker: string | null
  readonly model: { readonly name: string; readonly sha256: string } | null
  readonly output: { readonly text: string | null; readonly cid: string } | null
  /** The path of the receipt. */
  readonly receipt: string | null
  readonly verified: boolean
  readonly timings: {
    /** Time from the request to the Task on the poster's chain. */
    readonly post: number
    /** Time from the post to the Grant. */
    readonly grant: number | null
    /** Time of the run itself, as the worker attests it. */
    readonly run: number | null
    /** Time from the Grant until the poster knows of the Result, less the run. */
    readonly result_seen: number | null
    /** Time from then to the Close: fetch, checks and commit. */
    readonly close: number | null
  }
}

/**
 * Makes the report of a task that has ended. `asked` is the time of the request, by the same clock as the task's times.
 */
export function reportOf(task: TaskView, asked: number, verified: boolean): StartReport {
  const { posted_at, granted_at, result_at, closed_at } = task.times
  const between = (from: number | null, to: number | null) =>
    from === null || to === null ? null : Math.max(0, to - from)
  const run = task.usage?.wall_ms ?? null
  const answered = between(granted_at, result_at)
  return {
    task: task.task,
    poster: task.poster,
    worker: task.worker,
    model: task.model,
    output: task.output === null ? null : { text: task.output.text, cid: task.output.cid },
    receipt: task.receipt,
    verified,
    timings: {
      post: Math.max(0, posted_at - asked),
      grant: between(posted_at, granted_at),
      run,
      result_seen: answered === null || run === null ? null : Math.max(0, answered - run),
      close: between(result_at, closed_at),
    },
  }
}
