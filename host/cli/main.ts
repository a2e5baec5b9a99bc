/** Starts the command line. */
import { CommanderError } from 'commander'
import { takeEnv } from '../config/env.ts'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { version } from '../version.ts'
import { type Printer, terminalPrinter } from './print.ts'
import { type Asked, buildProgram, commandOf, usageError } from './program.ts'

const env = takeEnv()
const print = terminalPrinter(env)
const argv = process.argv.slice(2)
const code = await main(argv, print)
// An exit code that is set already reports output that could not be written.
process.exitCode = code || process.exitCode

/** Runs one command line and returns its exit code. */
async function main(words: readonly string[], print: Printer): Promise<number> {
  let json = words.includes('--json')
  try {
    const asked = parse(words)
    if (asked === null) return 0
    json = asked.json
    // Loaded only now, so that help and usage errors appear at once.
    const { runCommand } = await import('./run-command.ts')
    return await runCommand(asked, env, print)
  } catch (thrown) {
    const error = withCommand(toRippleError(thrown), words)
    print.error(error, json)
    return error.exit
  }
}

/** Adds to a usage error the command whose help explains the right use. */
function withCommand(error: RippleError, words: readonly string[]): RippleError {
  if (error.code !== 'RIPPLE_USAGE') return error
  return new RippleError('RIPPLE_USAGE', { ...error.facts, command: commandOf(words) }, { cause: error })
}

/** Parses the command; null if help or the version was printed. Throws `RIPPLE_USAGE`. */
function parse(words: readonly string[]): Asked | null {
  let asked: Asked | null = null
  const program = buildProgram(
    version,
    (found) => {
      asked = found
    },
    print.screen.command(),
  )
  try {
    program.parse([...words], { from: 'user' })
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown
    const error = usageError(thrown)
    if (error instanceof RippleError) throw error
  }
  return asked
}
