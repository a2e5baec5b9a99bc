/** Calls the operations of a running daemon. */
import type { z } from 'zod'
import type { Operation } from './operation.ts'

/** A connection to a daemon. */
export interface Remote {
  /** Calls an operation by one of its names. Rejects with the daemon's error, or `RIPPLE_NO_DAEMON` without a daemon. */
  call(name: string, input: unknown, signal: AbortSignal): Promise<unknown>
}

/** Calls an operation, and checks the answer by the operation's own schema. Rejects as the call does. */
export async function callOperation<I extends z.ZodType, O extends z.ZodType>(
  remote: Remote,
  { name, output }: Operation<I, O>,
  input: z.input<I>,
  signal: AbortSignal,
): Promise<z.output<O>> {
  return output.parse(await remote.call(name, input, signal))
}
