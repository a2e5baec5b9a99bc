/** Watches the time that a provider takes for an answer. */
import { RippleError } from '../errors/ripple-error.ts'

/** A request that is aborted when its caller aborts, its time runs out, or nothing arrives for too long. */
export interface Watch extends Disposable {
  /** Aborted with the caller's reason, or with `RIPPLE_TIMEOUT`. */
  readonly signal: AbortSignal
  /** Reports that something arrived. */
  heard(): void
}

/** Watches one answer of a provider: `totalMs` for all of it, `silenceMs` between two pieces. */
export function watchAnswer(
  provider: string,
  bounds: { readonly totalMs: number; readonly silenceMs: number },
  caller: AbortSignal,
): Watch {
  const late = new AbortController()
  const giveUp = (what: string, ms: number) => () =>
    late.abort(new RippleError('RIPPLE_TIMEOUT', { what: `${what} of ${provider}`, ms }))
  const total = setTimeout(giveUp('the answer', bounds.totalMs), bounds.totalMs)
  const silence = setTimeout(giveUp('the next word', bounds.silenceMs), bounds.silenceMs)
  return {
    signal: AbortSignal.any([caller, late.signal]),
    heard: () => void silence.refresh(),
    [Symbol.dispose]: () => {
      clearTimeout(total)
      clearTimeout(silence)
    },
  }
}
