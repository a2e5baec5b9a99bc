/** Runs the operations on tools of MCP servers. */
import { RippleError } from '../../errors/ripple-error.ts'
import { type Json, parseJson } from '../../types/json.ts'
import type { Context } from '../context.ts'
import { type Handler, handle } from '../operation.ts'
import { argumentsObject, toolCall, toolLs } from './shape.ts'

/** The operations on tools that can be called. */
export const toolHandlers: readonly Handler<Context>[] = [
  handle(toolLs, async ({ tools }: Context, _given, signal) => ({ servers: await tools.list(signal) })),
  handle(toolCall, async ({ tools }: Context, given, signal, principal) => ({
    ...(await tools.call({ ...given, arguments: parsed(given.arguments), principal }, signal)),
    untrusted: true as const,
  })),
]

function parsed(given: string | Record<string, Json>): Record<string, Json> {
  const { success, data } = argumentsObject.safeParse(typeof given === 'string' ? parseJson(given) : given)
  if (success) return data
  throw new RippleError('RIPPLE_BODY_INVALID', { detail: "'arguments': not a JSON object" })
}
