/** Defines the operation that lists the models of providers. */
import { z } from 'zod'
import { dataClasses } from '../../types/data-class.ts'
import { defineOperation } from '../operation.ts'
import { nothing } from '../request-fields.ts'

const count = z.number().int().nonnegative()

const upstreamView = z.strictObject({
  name: z.string().describe('the name to ask it by: upstream:<provider>/<model>'),
  provider: z.string().describe('name of its provider'),
  model: z.string().describe("the provider's own name of it"),
  kind: z.enum(['openai', 'command']).describe('how it is asked: over HTTP, or as a program'),
  state: z
    .enum(['ready', 'no_key', 'off'])
    .describe('no_key: its secret is not set; off: this network sends nothing out'),
  data_classes: z.array(z.enum(dataClasses)).describe('classes of data that it may be given'),
  weight: z.number().describe('weight of its vote among several models, if their policy does not list it'),
  priority: count.describe('its place in the order of asking; the lowest is first'),
})

/** Lists the models of providers outside the mesh, and the rest of the day's budget. */
export const upstreamLs = defineOperation({
  name: 'upstream.ls',
  title: 'List providers',
  summary:
    'List the models of providers beyond the mesh, what each may be given, and what is left of the day',
  description:
    'Lists the models of providers outside the mesh with their state and the classes of data that each may be given, and the rest of the budget of this UTC day.',
  effect: 'read',
  input: nothing,
  output: z.strictObject({
    models: z.array(upstreamView).describe('the models, the lowest priority first'),
    budget: z
      .strictObject({
        day: z.string().describe('the day, in UTC: 2026-11-23'),
        tokens_left: count.describe('tokens that are left'),
        requests_left: count.describe('requests that are left'),
        limits: z
          .strictObject({
            tokens_per_day: count.describe('tokens of a day'),
            requests_per_day: count.describe('requests of a day'),
          })
          .describe('the whole budget'),
      })
      .describe("the rest of the day's budget, for all providers together"),
  }),
  errors: [],
  examples: ['ripple upstream ls'],
  surfaces: { mcp: 'upstream.ls', cli: {} },
})
