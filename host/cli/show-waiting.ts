/** Shows what a command is waiting for, with the seconds, so that it is never silent for long. */
import type { Printer } from './print.ts'

/** How often the seconds are shown, in milliseconds. */
const TICK_MS = 1_000

/** Shows what is being waited for until it is disposed. */
export interface Waiting extends Disposable {
  /** Sets what is being waited for from now on; null: nothing. */
  readonly for: (what: string | null) => void
}

/** Begins to show what is being waited for. */
export function showWaiting(print: Pick<Printer, 'live'>): Waiting {
  let waiting: { readonly what: string; readonly since: number } | null = null
  const show = (): void => {
    if (waiting === null) return
    print.live(`  ${waiting.what}, ${Math.round((performance.now() - waiting.since) / 1_000)} s`)
  }
  const ticking = setInterval(show, TICK_MS)
  return {
    for: (what) => {
      waiting = what === null ? null : { what, since: performance.now() }
      show()
    },
    [Symbol.dispose]: () => clearInterval(ticking),
  }
}
