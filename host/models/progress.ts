import { limits } from '../limits.ts'

const MIB = 1024 * 1024

/**
 * Says how far a download is, in lines: one when a source begins, then one for each `progress_step_percent` that has
 * come, but no sooner than `progress_every_ms` after the last. The same on a terminal and in a log.
 */
export function tellProgress(
  say: (line: string) => void,
  now: () => number = () => performance.now(),
): (bytes: number, total: number, source: string) => void {
  let told = { source: '', percent: 0, at: 0 }
  return (bytes, total, source) => {
    const percent = total === 0 ? 0 : Math.floor((bytes / total) * 100)
    const early =
      now() - told.at < limits.progress_every_ms || percent < told.percent + limits.progress_step_percent
    if (source === told.source && early) return
    told = { source, percent, at: now() }
    say(`${source}: ${Math.floor(bytes / MIB)} of ${Math.ceil(total / MIB)} MiB (${percent} %)`)
  }
}
