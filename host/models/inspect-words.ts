import { z } from 'zod'

const count = z.number().int().nonnegative()

/** What the inspecting process is asked, as its one argument in JSON. */
export const inspectRequest = z.strictObject({
  /** A path, or a URL whose server answers to ranges: of either no more than the head is read. */
  source: z.strictObject({ type: z.enum(['filesystem', 'network']), at: z.string() }),
  /** The context that it is to be run with; the model's own where that is smaller. */
  context_tokens: count,
  patience_ms: count,
})

/** What it answers, once. */
export const inspectAnswer = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('inspected'),
    /** The context that the memory is for, in tokens. */
    context_tokens: count,
    /** Memory for the weights, and for the context with the buffers of its computation, in bytes. */
    weights_bytes: count,
    context_bytes: count,
    /** Bytes of the weights that are read to generate one token. */
    bytes_per_token: count,
  }),
  z.strictObject({ type: z.literal('failed'), detail: z.string() }),
])

/** What the inspecting process is asked. */
export type InspectRequest = z.infer<typeof inspectRequest>
/** What it answers. */
export type InspectAnswer = z.infer<typeof inspectAnswer>
/** What was found in a file's head. */
export type Inspected = Omit<Extract<InspectAnswer, { type: 'inspected' }>, 'type'>
