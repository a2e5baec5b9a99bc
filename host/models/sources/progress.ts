/** Reports the progress of a download in lines. */
import { limits } from '../../limits.ts'

const MIB = 1024 * 1024

/**
 * Reports how far a download is, in lines: one when a source begins, then one for each `progress_step_percent`. The lines
 * are at least `progress_every_ms` apart. If the file's size is not known, a line follows after that time when more has
 * come. A terminal and a log get the same lines.
 */
export function tellProgress(
  say: (line: string) => void,
  now: () => number = () => performance.now(),
): (bytes: number, total: number | null, source: string) => void {
  let told = { source: '', bytes: 0, percent: 0, at: 0 }
  return (bytes, total, source) => {
    const percent = total === null ? null : Math.floor((bytes / Math.max(total, 1)) * 100)
    const small = percent !== null && percent < told.percent + limits.progress_step_percent
    const soon = bytes === told.bytes || now() - told.at < limits.progress_every_ms
    if (source === told.source && (small || soon)) return
    told = { source, bytes, percent: percent ?? 0, at: now() }
    const here = Math.floor(bytes / MIB)
    say(
      `${source}: ${total === null ? `${here} MiB` : `${here} of ${Math.ceil(total / MIB)} MiB (${percent} %)`}`,
    )
  }
}
