/** Defines the operation that counts the work of machines for each other. */
import { z } from 'zod'
import { limits } from '../../limits.ts'
import { usageWays } from '../../types/usage-row.ts'
import { defineOperation } from '../operation.ts'

const count = z.number().int().nonnegative()

/** The counts of one day, way, peer and class. */
const usageRow = z.strictObject({
  day: z.iso.date().describe('the UTC day, such as 2026-11-25'),
  way: z
    .enum(usageWays)
    .describe('given: done here for the peer; received: done by the peer for this machine; own: done here'),
  peer: z.string().describe('agent key of the other machine; of this one for own work'),
  name: z.string().nullable().describe('its name; null if its card is not known'),
  model: z.string().nullable().describe('name of the model; null for a command'),
  sha256: z.string().describe('digest of the model or command'),
  tasks: count.describe('finished runs of given work; accepted tasks of the rest'),
  tokens_in: count.describe('tokens that were read'),
  tokens_out: count.describe('tokens that were generated'),
  run_ms: count.describe('time of the runs, in milliseconds'),
})

/** Counts the work that this machine gave and received. */
export const usage = defineOperation({
  name: 'usage',
  title: 'Show use',
  summary: 'Count the work given to and received from other machines, by day, peer and model',
  description: `Returns, for each UTC day, peer and model, the tasks, tokens and run time that this machine gave and received, and those of its own. The counts are stored for ${limits.usage_days_max} days.`,
  effect: 'read',
  input: z.strictObject({
    days: z
      .number()
      .int()
      .min(1)
      .max(limits.usage_days_max)
      .default(limits.usage_days)
      .describe('UTC days to count, today included'),
  }),
  output: z.strictObject({
    today: z.iso.date().describe('the current UTC day'),
    days: count.describe('the days that were counted, today included'),
    rows: z.array(usageRow).describe('the counts, oldest day first; a day without work has none'),
  }),
  errors: ['RIPPLE_JOURNAL_CORRUPT'],
  examples: ['ripple usage', 'ripple usage --days 7 --json'],
  surfaces: { mcp: 'usage', cli: { flags: { days: '--days <N>' } } },
})
