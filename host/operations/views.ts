/** Defines the outputs of the daemon's verbs. */
import { z } from 'zod'

const count = z.number().int().nonnegative()

/** A model of the list, and whether its file is here. */
export const modelView = z.strictObject({
  name: z.string(),
  sha256: z.string().nullable().describe('null where nobody has pinned it and it is not here'),
  bytes: count.nullable(),
  licence: z.string(),
  context_tokens: count,
  present: z.boolean(),
  path: z.string().nullable(),
  loaded: z.boolean().default(false).describe('whether it is in memory'),
  memory_bytes: count.nullable().default(null).describe('what it takes there; null where it is not loaded'),
  running: count.default(0).describe('answers that it is giving now'),
  pulling: z
    .strictObject({
      bytes: count,
      total: count.nullable().describe('null where nobody says how large it is'),
      source: z.string(),
    })
    .nullable()
    .default(null)
    .describe('how far the daemon is with fetching it'),
  indexing: z
    .boolean()
    .default(false)
    .describe('whether its file is here and its sha256 is not known yet: it cannot be run until then'),
  problem: z
    .strictObject({ code: z.string(), message: z.string(), hint: z.string() })
    .nullable()
    .default(null)
    .describe('why its file, which is here, is not offered'),
})

const figure = (unit: string) =>
  z.strictObject({
    value: z.number().nonnegative().nullable().describe(unit),
    basis: z.enum([
      'measured here',
      'from the file',
      'from the model list',
      "a peer's word",
      'estimated',
      'not known',
    ]),
  })

/** The judgement whether a model can run here and how fast, with the basis of each number. */
export const fitView = z.strictObject({
  name: z.string(),
  verdict: z.enum(['fits', 'tight', 'does_not_fit']),
  reasons: z.array(z.string()).describe('what the verdict hangs on; empty where it fits with ease'),
  here: z.boolean().describe('whether its file is on this machine'),
  context_tokens: count.describe('the context that the memory is for'),
  file_bytes: figure('size of its file'),
  memory_bytes: figure('what it takes with that context, in bytes'),
  free_memory: figure('what models can have now, in bytes'),
  free_disk: figure('bytes'),
  tokens_per_second: figure('decode speed'),
  speed_note: z.string(),
  notes: z.array(z.string()).describe('what could not be looked at'),
})
