/** Defines the verb `drain`. */
import { z } from 'zod'
import type { Context } from './context.ts'
import { operation } from './operation.ts'

const input = z.strictObject({ off: z.boolean().default(false), wait: z.boolean().default(false) })
const output = z.strictObject({
  draining: z.boolean(),
  held_grants: z.number().int().nonnegative().describe('grants that are still to be run or handed over'),
})

/** Takes a machine out of the mesh without losing the work that it has begun. */
export const drain = operation<Context, typeof input, typeof output>({
  name: 'drain',
  effect: 'write',
  summary: 'Take no new work: what runs is finished and handed over, what waits is given back',
  examples: ['ripple drain --wait && ripple down', 'ripple drain --off'],
  input,
  output,
  cli: {
    off: { as: '--off', about: 'take work again', kind: 'boolean' },
    wait: {
      as: '--wait',
      about: 'end only when nothing is held any more: run, written and closed, or its poster away',
      kind: 'boolean',
    },
  },
  waits: ({ off, wait }) => wait && !off,
  run: async (context, { off, wait }, signal) => {
    context.drain(!off)
    if (wait && !off) await context.handsFree(signal)
    const { draining } = await context.status(signal)
    return { draining, held_grants: context.inHand() }
  },
  render: ({ draining, held_grants }) => ({
    lines: [draining ? `draining: ${held_grants} grants are still being finished` : 'takes work again'],
  }),
})
