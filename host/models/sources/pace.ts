/** Watches the pace of downloads from peers. */
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { AlarmClock } from '../../types/clock.ts'

const MIB = 1024 * 1024
const WHO = 'the peers that give it'

/** A signal that is aborted when a download from peers stalls or is too slow. */
export interface Pace extends Disposable {
  /** Aborted by the caller's signal, or with `RIPPLE_TIMEOUT`. */
  readonly signal: AbortSignal
  /** Reports how many bytes have come since the download began. */
  came(bytes: number): void
}

/**
 * Watches a download of `total` bytes from peers. No pause may be longer than `model_peers_stall_ms`, and the bytes must
 * come at `model_peers_rate_min` overall. So no peer delays the next source for longer than that rate allows.
 */
export function watchPace(
  total: number,
  clock: Pick<AlarmClock, 'now' | 'after'>,
  signal: AbortSignal,
): Pace {
  const late = new AbortController()
  const { bytes_per_s, after_ms } = limits.model_peers_rate_min
  const stall_ms = limits.model_peers_stall_ms
  const begun = clock.now()
  const end = (what: string, ms: number) => () => late.abort(new RippleError('RIPPLE_TIMEOUT', { what, ms }))
  const watch = (bytes: number): (() => void) => {
    const may_ms = after_ms + Math.ceil((1_000 * bytes) / bytes_per_s)
    const left_ms = begun + may_ms - clock.now()
    if (stall_ms <= left_ms) return clock.after(stall_ms, end(WHO, stall_ms))
    const [came, all] = [bytes, total].map((count) => Math.ceil(count / MIB))
    return clock.after(Math.max(0, left_ms), end(`more than ${came} of ${all} MiB from ${WHO}`, may_ms))
  }
  let off = watch(0)
  return {
    signal: AbortSignal.any([signal, late.signal]),
    came: (bytes) => {
      off()
      off = watch(bytes)
    },
    [Symbol.dispose]: () => off(),
  }
}
