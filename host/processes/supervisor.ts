/** Restarts a child process whenever it dies. */
import { setTimeout as sleep } from 'node:timers/promises'
import { toRippleError } from '../errors/ripple-error.ts'
import type { EventOf } from '../telemetry/catalogue.ts'
import { type Child, type ChildSpec, startChild } from './child.ts'

/** An event of a supervised child, in order. */
export type ChildEvent = EventOf<'process_ready' | 'process_crashed' | 'process_stopped'>

/** The settings of a supervised child. */
export interface Supervision<T> {
  readonly child: ChildEvent['child']
  /** Names the place at which a ready child is reached. */
  readonly listens: (ready: T) => string
  /** Returns the spec of each start. `previous` is the last run's readiness value, null at first. */
  readonly spec: (previous: T | null) => Promise<ChildSpec<T>>
  readonly onEvent: (event: ChildEvent) => void
  /** Shortest and longest pause before a dead child is restarted, in milliseconds. */
  readonly backoffMs: { readonly min: number; readonly max: number }
}

/** A child that is restarted when it dies. */
export interface Supervised<T> extends AsyncDisposable {
  /** The running child, or null while it is down. */
  current(): Child<T> | null
}

/**
 * Starts a child and keeps it running until disposed. Rejects with the first start's error. Later errors are events, and
 * the start is tried again with a growing pause. The pause is short again after a run that became ready.
 */
export async function supervise<T>(supervision: Supervision<T>, signal: AbortSignal): Promise<Supervised<T>> {
  const { child: name } = supervision
  const stopping = new AbortController()
  const begun = performance.now()
  let child: Child<T> | null = await startChild(await supervision.spec(null), signal)
  const announce = (running: Child<T>, since: number) =>
    supervision.onEvent({
      type: 'process_ready',
      child: name,
      pid: running.pid,
      start_ms: Math.round(performance.now() - since),
      listens: supervision.listens(running.ready),
    })
  announce(child, begun)
  const loop = keep(child)

  async function keep(first: Child<T>): Promise<void> {
    let previous = first.ready
    let pause = supervision.backoffMs.min
    for (;;) {
      if (child !== null) {
        const exit = await child.exited
        child = null
        if (stopping.signal.aborted) return
        pause = supervision.backoffMs.min
        crashed(`${exit.signal ?? `exit ${exit.code}`}\n${exit.lastLines.join('\n')}`, pause)
      }
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => {})
      if (stopping.signal.aborted) return
      pause = Math.min(pause * 2, supervision.backoffMs.max)
      const since = performance.now()
      const started = await again(previous)
      if (stopping.signal.aborted) return started?.stop()
      if (started === null) continue
      child = started
      previous = started.ready
      announce(started, since)
    }

    async function again(last: T): Promise<Child<T> | null> {
      try {
        return await startChild(await supervision.spec(last), stopping.signal)
      } catch (error) {
        if (!stopping.signal.aborted) crashed(toRippleError(error).message, pause)
        return null
      }
    }
  }

  function crashed(detail: string, again_in_ms: number): void {
    supervision.onEvent({ type: 'process_crashed', child: name, detail, again_in_ms })
  }

  return {
    current: () => child,
    async [Symbol.asyncDispose]() {
      const again = stopping.signal.aborted
      stopping.abort()
      await child?.stop()
      await loop
      if (!again) supervision.onEvent({ type: 'process_stopped', child: name })
    },
  }
}
