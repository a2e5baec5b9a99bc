/** Defines the verb `upstream ls`. */
import { z } from 'zod'
import { dataClasses } from '../types/data-class.ts'
import type { Context } from './context.ts'
import { list } from './layout.ts'
import { operation } from './whole.ts'

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

/** Lists the models of providers outside the mesh, and the rest of the day's budget. */
export const upstreamLs = operation<Context, typeof nothing, typeof lsOutput>({
  name: 'upstream.ls',
  effect: 'read',
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
  render: ({ models, budget }, screen) => {
    const listed = list(
      [
        { head: 'NAME', least: 12 },
        { head: 'STATE', least: 8 },
        { head: 'MAY HAVE', least: 8, drop: 1 },
        { head: 'KIND', drop: 2 },
        { head: 'WEIGHT', drop: 4 },
        { head: 'PRIORITY', drop: 3 },
      ],
      models.map((one) => [
        one.name,
        states[one.state],
        one.data_classes.join(', ') || 'nothing',
        one.kind,
        String(one.weight),
        String(one.priority),
      ]),
      { none: "none yet; add one under 'upstream' in the configuration, as docs/CLI.md shows", screen },
    )
    const { day, tokens_left, requests_left, limits: most } = budget
    const left = `${day} (UTC): ${tokens_left} of ${most.tokens_per_day} tokens and ${requests_left} of ${most.requests_per_day} requests are left`
    return { ...listed, notes: [...listed.notes, ...(models.length === 0 ? [] : [left])] }
  },
})
