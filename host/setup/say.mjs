const tty = process.stderr.isTTY === true
const colour = tty && !process.env.NO_COLOR

/** Says one line of progress on stderr; stdout is for data. */
export function say(text) {
  clear()
  process.stderr.write(`${text}\n`)
}

/** Shows a line that the next one replaces; where stderr is no terminal, nothing. */
export function showLive(text) {
  if (!tty) return
  const width = process.stderr.columns || 100
  process.stderr.write(`\r\u001b[2K${text.slice(0, width - 1)}`)
}

function clear() {
  if (tty) process.stderr.write('\r\u001b[2K')
}

/** Runs one step, with its name before and its time after it. */
export async function step(name, work) {
  const started = Date.now()
  showLive(`  ${name} ...`)
  const note = await work()
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  // By hand: `styleText` of node:util came with Node 20.12, and an older one must get as far as being refused.
  const done = colour ? '\u001b[32mok\u001b[39m' : 'ok'
  say(`${done}  ${name}${note ? `: ${note}` : ''} (${seconds} s)`)
}

/** An error of the set-up: a stable code, which host/errors/table.ts explains, what is wrong, and the line that mends it. */
export class SetupError extends Error {
  constructor(code, message, hint, exit = 2) {
    super(message)
    this.name = 'SetupError'
    this.code = code
    this.hint = hint
    this.exit = exit
  }
}
