import { RippleError } from '../errors/ripple-error.ts'

/** A request that is given up when its caller does, when it is late, and when nothing comes of it for too long. */
export interface Watch extends Disposable {
  /** Aborted with the caller's reason, or with `RIPPLE_TIMEOUT`. */
  readonly signal: AbortSignal
  /** Says that something came. */
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
