/** Detects that something has stalled. */
import { RippleError } from '../errors/ripple-error.ts'

/** A signal that is aborted after a time of silence. */
export interface StallSignal extends Disposable {
  /** Aborted by the caller's signal, or with `RIPPLE_TIMEOUT` on a stall. */
  readonly signal: AbortSignal
  /** Restarts the time of silence. */
  touch(): void
}

/** Watches for `ms` of silence; `what` names in the error what was waited for. */
export function watchStall(what: string, ms: number, signal: AbortSignal): StallSignal {
  const stalled = new AbortController()
  const timer = setTimeout(() => stalled.abort(new RippleError('RIPPLE_TIMEOUT', { what, ms })), ms)
  return {
    signal: AbortSignal.any([signal, stalled.signal]),
    touch: () => void timer.refresh(),
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}
