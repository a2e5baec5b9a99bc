/** Turns a process's signals into an orderly end. */
import type { Env } from '../../config/env.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { daemonStopMs, limits } from '../../limits.ts'
import { watchParent } from '../../setup/watch-parent.mjs'

/** The end of a process, as requested by its signals. */
export interface Ending extends Disposable {
  /** Aborted with `RIPPLE_INTERRUPTED` by the first SIGINT, SIGTERM or SIGHUP, and when npm's shell has gone. */
  readonly signal: AbortSignal
}

/**
 * Binds the process's signals. The first asks for an orderly end within `daemonStopMs`; a second one, or the end of
 * that time, ends the process at once. Ctrl-C may arrive twice, from the terminal and from a parent that forwards it. A
 * second signal therefore counts only after `limits.signal_settle_ms`. npm forwards signals only to its shell, so the
 * end of that shell counts as a signal.
 */
export function endings({ npm }: Pick<Env, 'npm'>): Ending {
  const controller = new AbortController()
  let askedAt = 0
  const onSignal = (): void => {
    if (!controller.signal.aborted) {
      askedAt = performance.now()
      controller.abort(new RippleError('RIPPLE_INTERRUPTED'))
      setTimeout(() => process.exit(1), daemonStopMs).unref()
    } else if (performance.now() - askedAt > limits.signal_settle_ms) process.exit(130)
  }
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of names) process.on(name, onSignal)
  const watching = npm ? watchParent(onSignal).unref() : undefined
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      clearInterval(watching)
      for (const name of names) process.off(name, onSignal)
    },
  }
}
