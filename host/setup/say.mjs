// Shows the progress of set-up: a live line on a terminal, and a line every few seconds without one.
const tty = process.stderr.isTTY === true
const colour = tty && !process.env.NO_COLOR

/** Milliseconds between two updates of a running step. */
const TICK_MS = 1_000

/** Longest silence of a running step if stderr is not a terminal, in milliseconds. With slow ticks it stays below 10 s. */
const SILENCE_MS = 7_000

let saidAt = Date.now()

/** Prints one line of progress on stderr; stdout is for data. */
export function say(text) {
  clear()
  process.stderr.write(`${text}\n`)
  saidAt = Date.now()
}

/** Shows a line that the next one replaces. If stderr is not a terminal, prints a plain line after `SILENCE_MS` of silence. */
function showLive(text) {
  if (!tty) {
    if (Date.now() - saidAt >= SILENCE_MS) say(text)
    return
  }
  const width = process.stderr.columns || 100
  process.stderr.write(`\r\u001b[2K${text.slice(0, width - 1)}`)
}

function clear() {
  if (tty) process.stderr.write('\r\u001b[2K')
}

/**
 * Runs one step, and shows its name, its news and its seconds until it is done. `work` gets a function that shows
 * news.
 */
export async function step(name, work) {
  const started = Date.now()
  let news = ''
  const show = () => showLive(`  ${name}, ${spent(Date.now() - started)}${news && `: ${news}`}`)
  const ticking = setInterval(show, TICK_MS)
  let note
  try {
    show()
    note = await work((text) => {
      news = text
      show()
    })
  } finally {
    clearInterval(ticking)
    clear()
  }
  // `styleText` of node:util needs Node 20.12. An older Node must get as far as the check that refuses it.
  const done = colour ? '\u001b[32mok\u001b[39m' : 'ok'
  say(`${done}  ${name}${note ? `: ${note}` : ''} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
}

/** Writes a duration as `12 s` or `3 min 5 s`. */
function spent(ms) {
  const seconds = Math.floor(ms / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** An error of set-up, with a stable code from host/errors/table.ts, the problem, and the line that fixes it. */
export class SetupError extends Error {
  constructor(code, message, hint, exit = 2) {
    super(message)
    this.name = 'SetupError'
    this.code = code
    this.hint = hint
    this.exit = exit
  }
}
