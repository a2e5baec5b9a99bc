/** Reads the CPU time of a process from the system's text. */

/**
 * A tick of the kernel's count in /proc, in milliseconds. Linux reports hundredths of a second to programs, whatever its
 * own tick is.
 */
const TICK_MS = 10

/**
 * Returns the CPU time in the text of `/proc/<pid>/stat`, in milliseconds; null if the text is malformed. Ended children do
 * not count.
 */
export function statCpuMs(stat: string): number | null {
  // The program's name may contain blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ms = (Number(fields[11]) + Number(fields[12])) * TICK_MS
  return Number.isFinite(ms) ? ms : null
}

/**
 * Returns the CPU time that `ps` prints, `1:02.03` on macOS and `1-02:03:04` elsewhere, in milliseconds; null if it is
 * malformed.
 */
export function psCpuMs(time: string): number | null {
  const found = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)$/.exec(time.trim())
  if (!found) return null
  const [days, hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0))
  return Math.round(((((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1_000)
}
