/** Reports mistakes on the command lines of the test programs. */

/** A mistake in what was typed. */
export class UsageError extends TypeError {}

/** Exit code of a command line that was not understood. */
const USAGE = 2

/** Runs a program, and reports a mistake on its command line in one line with the usage. Returns the exit code. */
export async function withUsage(usage: string, run: () => number | Promise<number>): Promise<number> {
  try {
    return await run()
  } catch (thrown) {
    if (!isMistake(thrown)) throw thrown
    process.stderr.write(`error: ${thrown.message.split('\n')[0]}\n\n${usage.trimEnd()}\n`)
    return USAGE
  }
}

function isMistake(thrown: unknown): thrown is Error {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  return thrown instanceof UsageError || code.startsWith('ERR_PARSE_ARGS_')
}
