/** Longest pause between two complaints of one trouble, and how long it lasts before it is taken for lasting, in milliseconds. */
const trouble = { gapMs: 15_000, lastsMs: 30_000 } as const

/**
 * Reads a conductor's output, line by line, and answers true when a database of it is stuck: when SQLite says
 * 'database is locked' again and again. Several writers at once make it say so for some seconds, and compiling for as
 * long as it takes: complaints count only once the conductor has `settled`. Holochain 0.7.1 can also leave a transaction open where the disk was full in the middle of it: its own process then holds the lock for
 * ever, nothing that others write is let in any more, and only a new process ends that.
 */
export function stuckDatabase(now: () => number, settled: () => boolean): (line: string) => boolean {
  let first = Number.NEGATIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  return (line) => {
    if (!settled() || !line.includes('database is locked')) return false
    const at = now()
    if (at - last > trouble.gapMs) first = at
    last = at
    return at - first >= trouble.lastsMs
  }
}
