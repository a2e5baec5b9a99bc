/** Defines the verb `explain`. */
import { z } from 'zod'
import { RippleError } from '../errors/ripple-error.ts'
import type { ErrorRow } from '../errors/row.ts'
import { type ErrorCode, errors } from '../errors/table.ts'
import { withCommand } from './command-name.ts'
import { fields } from './layout.ts'
import type { Local } from './local.ts'
import { operation } from './whole.ts'

const input = z.strictObject({ code: z.string().max(64) })
const output = z.strictObject({
  code: z.string(),
  message: z.string(),
  hint: z.string(),
  http: z.number().int(),
  exit: z.number().int(),
})

/** Looks an error code up in the table of errors. */
export const explain = operation<Local, typeof input, typeof output>({
  name: 'explain',
  effect: 'read',
  summary: 'Explain an error code',
  examples: ['ripple explain RIPPLE_DATA_IN_USE'],
  input,
  output,
  cli: { code: { as: '<CODE>', about: 'such as RIPPLE_NO_DAEMON' } },
  run: async (_local, { code }) => {
    const name = code.toUpperCase()
    if (!Object.hasOwn(errors, name))
      throw new RippleError('RIPPLE_USAGE', { detail: `no error is called '${code}'` })
    const row: ErrorRow = errors[name as ErrorCode]
    return { code: name, ...row }
  },
  render: (row, screen) => ({
    lines: fields(
      [
        ['code', row.code],
        ['says', row.message],
        ['hint', withCommand(row.hint, screen.command())],
        ['exit code', String(row.exit)],
        ['HTTP status', String(row.http)],
      ],
      screen,
    ),
  }),
})
