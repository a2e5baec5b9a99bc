import { z } from 'zod'
import { dataClasses } from '../types/data-class.ts'
import type { Context } from './context.ts'
import { operation } from './operation.ts'
import { table } from './text.ts'

const count = z.number().int().nonnegative()
const nothing = z.strictObject({})

const lsOutput = z.strictObject({
  models: z.array(
    z.strictObject({
      name: z.string(),
      provider: z.string(),
      model: z.string(),
      kind: z.enum(['openai', 'command']),
      state: z.enum(['ready', 'no_key', 'off']),
      data_classes: z.array(z.enum(dataClasses)),
      weight: z.number(),
      priority: count,
    }),
  ),
  budget: z.strictObject({
    day: z.string(),
    tokens_left: count,
    requests_left: count,
    limits: z.strictObject({ tokens_per_day: count, requests_per_day: count }),
  }),
})

const states = { ready: 'ready', no_key: 'its key is not set', off: 'off on this network' } as const

/** Lists the models of providers beyond the mesh, and what is left of the day's budget. */
export const upstreamLs = operation<Context, typeof nothing, typeof lsOutput>({
  name: 'upstream.ls',
  summary:
    'List the models of providers beyond the mesh, what each may be given, and what is left of the day',
  examples: ['ripple upstream ls'],
  input: nothing,
  output: lsOutput,
  cli: {},
  run: async ({ upstreams }) => {
    const models = (await upstreams.list()).map((one) => ({ ...one, data_classes: [...one.data_classes] }))
    return { models, budget: upstreams.budget() }
  },
  render: ({ models, budget }) => ({
    lines: table(
      ['NAME', 'STATE', 'MAY HAVE', 'KIND', 'WEIGHT', 'PRIORITY'],
      models.map((one) => [
        one.name,
        states[one.state],
        one.data_classes.join(', ') || 'nothing',
        one.kind,
        String(one.weight),
        String(one.priority),
      ]),
    ),
    notes: [
      `${budget.day} (UTC): ${budget.tokens_left} of ${budget.limits.tokens_per_day} tokens and ${budget.requests_left} of ${budget.limits.requests_per_day} requests are left`,
    ],
  }),
})
