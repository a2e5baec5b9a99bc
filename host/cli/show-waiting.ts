/** Shows the reason why a command waits, with the seconds, so that it is never silent for long. */
import type { Printer } from './print.ts'

/** Milliseconds between two updates of the seconds. */
const TICK_MS = 1_000

/** The display of a wait, until it is disposed. */
export interface Waiting extends Disposable {
  /** Sets the reason for waiting from now on; null: none. */
  readonly for: (what: string | null) => void
}

/** Begins the display of a wait. */
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
