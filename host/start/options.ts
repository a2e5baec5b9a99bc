/** Reads the options of `npm start`. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { RippleError } from '../errors/ripple-error.ts'

/** The options of one `npm start`. */
export interface StartOptions {
  readonly prompt: string
  readonly maxTokens: number
  /** Whether to end after the task, with an exit code that says whether its receipt is valid. */
  readonly once: boolean
  /** Whether to print one JSON document on standard output when the task has ended. */
  readonly json: boolean
  /** The folder of the two peers' data folders; null: in the user's data folder. */
  readonly data: string | null
  readonly help: boolean
}

/** The text that `--help` prints. */
export const startHelp = `Usage: npm start [-- options]

Brings up two peers on this machine, posts a prompt from one to the other, and verifies the receipt.

  --prompt TEXT     what to ask (default: "Name three primary colors.")
  --max-tokens N    most tokens to generate (default: 48)
  --once            end after the task; exit code 0 only if the receipt holds
  --json            print one JSON document when the task has ended
  --data DIR        folder for the two peers (default: start/ in the user's data folder of Ripple)
  --help            show this

Example: npm start --silent -- --once --json --prompt "Name three primes."`

/** Reads the command line. Throws `RIPPLE_USAGE`. */
export function readOptions(words: readonly string[]): StartOptions {
  const { values } = parse(words)
  const maxTokens = Number(values['max-tokens'])
  if (!Number.isInteger(maxTokens) || maxTokens < 1)
    throw usage(`--max-tokens: '${values['max-tokens']}' is not a count`)
  return {
    prompt: values.prompt,
    maxTokens,
    once: values.once,
    json: values.json,
    data: values.data === undefined ? null : resolve(values.data),
    help: values.help,
  }
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      strict: true,
      options: {
        prompt: { type: 'string', default: 'Name three primary colors.' },
        'max-tokens': { type: 'string', default: '48' },
        once: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        data: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (thrown) {
    throw usage((thrown as Error).message)
  }
}

function usage(detail: string): RippleError {
  return new RippleError('RIPPLE_USAGE', { detail, command: 'npm start --' })
}
