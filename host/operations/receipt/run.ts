/** Runs the operations that judge a receipt. */
import { RippleError } from '../../errors/ripple-error.ts'
import { readRegular } from '../../files/regular-file.ts'
import { limits } from '../../limits.ts'
import type { Context } from '../context.ts'
import type { Local } from '../local.ts'
import { type Handler, handle } from '../operation.ts'
import { receiptSiblings, verify } from './shape.ts'

/** The operation that compares a receipt with the network. */
export const siblingsHandler: Handler<Context> = handle(
  receiptSiblings,
  async (context: Context, { base64 }, signal) => ({
    findings: await context.siblings(Buffer.from(base64, 'base64'), signal),
  }),
)

/** The operation that verifies a receipt's file. */
export const verifyHandler: Handler<Local> = handle(
  verify,
  async (local: Local, { file, ...request }, signal) => {
    const bytes = await readRegular(file, limits.receipt_bytes_max, signal)
    if (bytes === null) throw new RippleError('RIPPLE_NOT_A_RECEIPT', { file })
    return local.verify(file, bytes, request, signal)
  },
)
