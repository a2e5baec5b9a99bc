/** Shows an answer again and again on the whole screen, until a key ends it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { LiveView } from './print.ts'

/** Milliseconds between two looks. */
const LOOK_MS = 1_000

/** Keys that end the view: q, and Ctrl-C, which a terminal in raw mode sends as a byte. */
const ENDING = ['q', 'Q', '\u0003']

/** The keyboard of a terminal. */
export interface Keyboard extends NodeJS.EventEmitter {
  readonly isTTY?: boolean
  setRawMode?(on: boolean): unknown
  resume(): unknown
  pause(): unknown
}

/**
 * Shows the lines of each look until q or Ctrl-C, and leaves the terminal as it was. Rejects with the signal's reason, and as
 * a look does.
 */
export async function showLive(
  look: (signal: AbortSignal) => Promise<readonly string[]>,
  view: LiveView,
  keys: Keyboard,
  signal: AbortSignal,
): Promise<void> {
  using _view = view
  const ended = new AbortController()
  using _keys = watchKeys(keys, () => ended.abort())
  const either = AbortSignal.any([signal, ended.signal])
  try {
    for (;;) {
      view.show(await look(either))
      await sleep(LOOK_MS, undefined, { signal: either })
    }
  } catch (thrown) {
    if (!ended.signal.aborted) throw signal.aborted ? signal.reason : thrown
  }
}

/** Reads single keys of a terminal, and calls back for those that end the view. */
function watchKeys(keys: Keyboard, onEnd: () => void): Disposable {
  const onData = (data: Buffer): void => {
    if (ENDING.some((key) => data.includes(key))) onEnd()
  }
  if (keys.isTTY !== true) return { [Symbol.dispose]: () => {} }
  keys.setRawMode?.(true)
  keys.on('data', onData)
  keys.resume()
  return {
    [Symbol.dispose]: () => {
      keys.off('data', onData)
      keys.setRawMode?.(false)
      keys.pause()
    },
  }
}
