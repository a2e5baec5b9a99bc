/** Defines the verb that looks for siblings and forks of a receipt's events. */
import { z } from 'zod'
import type { Context } from './context.ts'
import { operation } from './whole.ts'

const input = z.strictObject({ base64: z.base64().describe("the receipt's bytes") })
const output = z.strictObject({ findings: z.array(z.string()) })

/** Searches the network for facts that a receipt alone cannot show: siblings, forks, later events. */
export const receiptSiblings = operation<Context, typeof input, typeof output>({
  name: 'receipt.siblings',
  effect: 'read',
  summary: "Look for siblings and forks of a receipt's events on the network",
  examples: ['ripple receipt siblings --stdin < answer.receipt'],
  input,
  output,
  cli: { base64: { as: '--stdin', about: 'read the receipt from standard input', kind: 'stdin-bytes' } },
  run: async (context, given, signal) => ({
    findings: await context.siblings(Buffer.from(given.base64, 'base64'), signal),
  }),
  render: ({ findings }) => ({ lines: siblingLines(findings) }),
})

/** Returns the network's findings about a receipt as lines. */
export function siblingLines(findings: readonly string[]): readonly string[] {
  return findings.length === 0 ? ['no sibling and no fork is known here'] : findings
}
