/**
 * Longest pause between two complaints of one trouble, and how long it lasts before it may be a lasting one, in milliseconds: a
 * complaint about a lock that is held comes after the engine's own wait of 15 s (holochain_data 0.7.1).
 */
const trouble = { gapMs: 15_000, lastsMs: 60_000 } as const

/**
 * Reads a conductor's output, line by line, and answers true when a database of it may be stuck: when SQLite says
 * 'database is locked' again and again. Several writers at once make it say so for as long as they write, so the locks must be
 * looked at then; and compiling does, so complaints count only once the conductor has `settled`. Holochain 0.7.1 can also leave
 * a transaction open where the disk was full in the middle of it: its own process then holds the lock for ever, nothing that
 * others write is let in any more, and only a new process ends that.
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

/** Whether a conductor says that its disk is full: SQLite's words, inside those of whichever layer was at work. */
export function saysDiskFull(words: string): boolean {
  return words.includes('database or disk is full')
}
