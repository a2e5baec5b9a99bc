import { z } from 'zod'

const count = z.number().int().nonnegative()

const parameters = z.strictObject({
  max_tokens: count,
  temperature_milli: count,
  top_p_milli: count,
  top_k: count,
  context_tokens: count,
})

const usage = z.strictObject({
  tokens_in: count,
  tokens_out: count,
  cpu_ms: count,
  wall_ms: count,
  peak_rss_bytes: count,
})

/** What the daemon tells the engine's process. */
export const requestSchema = z.discriminatedUnion('type', [
  /** Run this. `template` says whether the model's own chat template is applied or the prompt is continued as it is. */
  z.strictObject({
    type: z.literal('run'),
    id: count,
    model: z.string(),
    file: z.string(),
    template: z.enum(['own', 'none']),
    prompt: z.string(),
    parameters,
    seed: count,
  }),
  /** End that run; answered by `stopped`. */
  z.strictObject({ type: z.literal('stop'), id: count }),
])

/** What the engine's process tells the daemon. A run gets any number of `text`, then one of the last three. */
export const replySchema = z.discriminatedUnion('type', [
  /** It can run. Sent once, first. */
  z.strictObject({ type: z.literal('ready'), build: z.string(), backend_class: z.string() }),
  /** A piece of the answer. */
  z.strictObject({ type: z.literal('text'), id: count, text: z.string() }),
  z.strictObject({ type: z.literal('done'), id: count, usage, template_digest: z.string().nullable() }),
  z.strictObject({
    type: z.literal('failed'),
    id: count,
    code: z.enum([
      'RIPPLE_MODEL_MISSING',
      'RIPPLE_MODEL_CORRUPT',
      'RIPPLE_MODEL_MEMORY',
      'RIPPLE_CONTEXT_TOO_LONG',
      'RIPPLE_ENGINE_CRASHED',
    ]),
    facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  }),
  z.strictObject({ type: z.literal('stopped'), id: count }),
])

/** How the engine's process is set up: its one argument, as JSON. */
export const setupSchema = z.strictObject({
  gpu: z.enum(['off', 'auto']),
  threads: z.number().int().positive(),
})

/** A message to the engine's process. */
export type Request = z.infer<typeof requestSchema>
/** The message that asks for a run. */
export type RunRequest = Extract<Request, { type: 'run' }>
/** A message from the engine's process. */
export type Reply = z.infer<typeof replySchema>
/** How the engine's process is set up. */
export type Setup = z.infer<typeof setupSchema>
