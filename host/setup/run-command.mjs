// Runs the commands of set-up.
import { spawn, spawnSync } from 'node:child_process'
import { StringDecoder } from 'node:string_decoder'
import { SetupError } from './say.mjs'
import { watchParent } from './watch-parent.mjs'

/** The beginning of a line for programs, such as cargo's messages. Errors do not show these lines. */
const MACHINE_LINE = '{"reason":'
/** Lines of a failed command's output that an error shows. */
const TAIL_LINES = 25

/** The signals that ask a process to end: Ctrl-C, `kill`, and a terminal that closes. */
const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Returns a command's output on stdout, trimmed; null if it is missing or fails. */
export function outputOf(command, args) {
  const ran = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  return ran.status === 0 ? ran.stdout.trim() : null
}

/**
 * Runs a command quietly. `onLine` gets each line of its output. Rejects with a SetupError that shows the end of the output.
 * The command runs in its own process group, so an interrupted set-up also ends its compilers.
 */
export function runQuietly(command, args, { code, hint, env = process.env, cwd, onLine = () => {} }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const release = endWith(child)
    const tail = []
    const take = (line) => {
      onLine(line)
      if (line.startsWith(MACHINE_LINE)) return
      tail.push(line)
      if (tail.length > TAIL_LINES) tail.shift()
    }
    readLines(child.stdout, take)
    readLines(child.stderr, take)
    child.on('error', (error) =>
      reject(new SetupError(code, `${command} could not be run: ${error.message}`, hint)),
    )
    child.on('close', (status) => {
      release()
      if (status === 0) resolve()
      else reject(new SetupError(code, `${command} ${args[0] ?? ''} failed:\n${tail.join('\n')}`, hint, 1))
    })
  })
}

/** Ends the child when a signal ends this process. cargo and npm stop cleanly and can continue later. */
function endWith(child) {
  const end = (signal) => {
    if (child.pid !== undefined) process.kill(-child.pid, signal)
    child.once('close', () => process.exit(130))
  }
  for (const name of ENDINGS) process.once(name, end)
  return () => {
    for (const name of ENDINGS) process.off(name, end)
  }
}

function readLines(stream, take) {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  stream.on('data', (chunk) => {
    const lines = (rest + decoder.write(chunk)).split(/\r?\n|\r/)
    rest = lines.pop() ?? ''
    for (const line of lines) take(line)
  })
  stream.on('end', () => rest && take(rest))
}

/** Runs a command in this terminal, and passes signals on. Resolves with its exit code. */
export function runInFront(command, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: 'inherit' })
    // Ctrl-C reaches the whole group. A signal to this process alone must be passed on. The child decides when to end.
    const pass = (signal) => child.kill(signal)
    const ignore = () => {}
    process.on('SIGINT', process.stdin.isTTY ? ignore : pass)
    process.on('SIGTERM', pass)
    process.on('SIGHUP', pass)
    const watching = env.npm_lifecycle_event === undefined ? undefined : watchParent(() => pass('SIGTERM'))
    child.on('error', reject)
    child.on('close', (status, signal) => {
      clearInterval(watching)
      resolve(status ?? (signal === 'SIGINT' ? 130 : 1))
    })
  })
}
