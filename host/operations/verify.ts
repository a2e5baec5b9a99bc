/** Defines the verb `verify`. */
import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { RippleError } from '../errors/ripple-error.ts'
import { readRegular } from '../files/regular-file.ts'
import { limits } from '../limits.ts'
import type { Local } from './local.ts'
import { verdictView } from './local-views.ts'
import { siblingLines } from './receipt-siblings.ts'
import { operation } from './whole.ts'

const input = z.strictObject({
  file: z.string().max(4_096).refine(isAbsolute, 'not an absolute path'),
  replay: z.boolean().default(false),
  online: z.boolean().default(false),
})

/** Verifies a receipt, without daemon, conductor or network. */
export const verify = operation<Local, typeof input, typeof verdictView>({
  name: 'verify',
  effect: 'read',
  doing: 'verifying',
  summary: 'Verify a receipt; needs no daemon, conductor or network',
  examples: [
    'ripple verify answer.receipt',
    'ripple verify answer.receipt --replay',
    'ripple verify answer.receipt --json',
  ],
  input,
  output: verdictView,
  cli: {
    file: { as: '<FILE>', about: 'the receipt', kind: 'path' },
    replay: { as: '--replay', about: 'run the model again and compare', kind: 'boolean' },
    online: { as: '--online', about: 'ask the running daemon for siblings and forks', kind: 'boolean' },
  },
  run: async (local, given, signal) =>
    local.verify(
      given.file,
      await readReceipt(given.file, signal),
      { replay: given.replay, online: given.online },
      signal,
    ),
  render: (verdict) => ({
    lines: [
      `verified: ${verdict.file}`,
      ...(verdict.one_sided ? ['note: one-sided, it has no Close'] : []),
      '',
      'Shown:',
      ...verdict.shown.map((line) => `  ${line}`),
      '',
      'Not shown by the receipt alone:',
      ...verdict.not_shown.map((line) => `  ${line}`),
      ...(verdict.replay === null ? [] : ['', `Replay: ${verdict.replay.detail}`]),
      ...(verdict.online === null
        ? []
        : ['', 'Online:', ...siblingLines(verdict.online).map((line) => `  ${line}`)]),
    ],
  }),
  exit: (verdict) => (verdict.replay?.same === false ? 1 : 0),
})

async function readReceipt(file: string, signal: AbortSignal): Promise<Uint8Array> {
  const bytes = await readRegular(file, limits.receipt_bytes_max, signal)
  if (bytes === null) throw new RippleError('RIPPLE_NOT_A_RECEIPT', { file })
  return bytes
}
