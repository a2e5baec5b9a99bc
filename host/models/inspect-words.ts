import { z } from 'zod'

const count = z.number().int().nonnegative()

/** What is to be read, as the reading process is told in its one argument in JSON. */
export const inspectRequest = z.discriminatedUnion('type', [
  /** Read one head, and estimate what running the model takes. */
  z.strictObject({
    type: z.literal('fit'),
    /** A path, or a URL whose server answers to ranges: of either no more than the head is read. */
    source: z.strictObject({ type: z.enum(['filesystem', 'network']), at: z.string() }),
    /** The context that it is to be run with; the model's own where that is smaller. */
    context_tokens: count,
    patience_ms: count,
  }),
  /** Read the heads of several files, one after the other. */
  z.strictObject({ type: z.literal('heads'), files: z.array(z.string()), patience_ms: count }),
])

/** What reads heads. Named anew with every change of what it makes of a file, so that what an earlier one found is read again. */
export const HEAD_READER = '2 with node-llama-cpp 3.22.1'

/** What the head of a model file says, or why it says nothing: the reader's own verdict, which holds while the file does not change. */
export const ggufHead = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('head'),
    /** Tokens that it was trained to read. */
    context_tokens: z.number().int().positive(),
    chat_template: z.enum(['own', 'none']),
  }),
  /** It holds some tensors of a model that was split into several files. */
  z.strictObject({ type: z.literal('part'), no: count, count }),
  z.strictObject({ type: z.literal('unreadable'), detail: z.string() }),
])

/** What came of reading a head: also that the time ran out, the disk failed or the reader died, which says nothing of the file. */
const headRead = z.discriminatedUnion('type', [
  ...ggufHead.options,
  z.strictObject({ type: z.literal('unread'), detail: z.string() }),
])

/** What it answers: of a fit once, of heads twice for each file. */
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
  /** It begins with a file: should it end before it says more, that file is why. */
  z.strictObject({ type: z.literal('reading'), file: z.string() }),
  z.strictObject({ type: z.literal('read'), file: z.string(), head: headRead }),
  z.strictObject({ type: z.literal('failed'), detail: z.string() }),
])

/** What the reading process is asked. */
export type InspectRequest = z.infer<typeof inspectRequest>
/** A model file whose head is to be read. */
export type InspectSource = Extract<InspectRequest, { type: 'fit' }>['source']
/** What it answers. */
export type InspectAnswer = z.infer<typeof inspectAnswer>
/** What was found in a file's head. */
export type Inspected = Omit<Extract<InspectAnswer, { type: 'inspected' }>, 'type'>
/** What the head of a model file says, or why it says nothing. */
export type GgufHead = z.infer<typeof ggufHead>
/** A head, or why there is none, for good or for now. */
export type HeadRead = z.infer<typeof headRead>
