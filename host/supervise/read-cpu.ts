// Reads the CPU time of a process out of what the system says of it.

/** A tick of the kernel's count in /proc, in milliseconds: Linux counts in hundredths for programs, whatever it does itself. */
const TICK_MS = 10

/** The CPU time in the text of `/proc/<pid>/stat`, in milliseconds; null where it is not one. Its ended children do not count. */
export function statCpuMs(stat: string): number | null {
  // The program's name may hold blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ms = (Number(fields[11]) + Number(fields[12])) * TICK_MS
  return Number.isFinite(ms) ? ms : null
}

/** The CPU time as `ps` writes it, `1:02.03` on macOS and `1-02:03:04` elsewhere, in milliseconds; null where it is none. */
export function psCpuMs(time: string): number | null {
  const found = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)$/.exec(time.trim())
  if (!found) return null
  const [days, hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0))
  return Math.round(((((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1_000)
}
