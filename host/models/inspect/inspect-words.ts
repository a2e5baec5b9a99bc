/** Defines the messages between the daemon and the process that reads model files' heads. */
import { z } from 'zod'

const count = z.number().int().nonnegative()

/** The request to the reading process, passed as its one argument in JSON. */
export const inspectRequest = z.discriminatedUnion('type', [
  /** Read one head, and estimate the memory that running the model takes. */
  z.strictObject({
    type: z.literal('fit'),
    /** A path, or a URL whose server supports ranges. In both cases no more than the head is read. */
    source: z.strictObject({ type: z.enum(['filesystem', 'network']), at: z.string() }),
    /** The tokens of the context to run the model with; the model's own context where that is smaller. */
    context_tokens: count,
    patience_ms: count,
  }),
  /** Read the heads of several files, one after the other. */
  z.strictObject({ type: z.literal('heads'), files: z.array(z.string()), patience_ms: count }),
])

/**
 * The version of the head reader. It gets a new name whenever its findings about a file change, so that heads which an
 * earlier version read are read again.
 */
export const HEAD_READER = '2 with node-llama-cpp 3.22.1'

/** The head of a model file, or why there is none. It is the reader's verdict, and holds while the file does not change. */
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

/** The outcome of reading a head. `unread` says nothing about the file: the time ran out, the disk failed or the reader died. */
const headRead = z.discriminatedUnion('type', [
  ...ggufHead.options,
  z.strictObject({ type: z.literal('unread'), detail: z.string() }),
])

/** The answers of the reading process: one for a fit, and two for each file whose head is read. */
export const inspectAnswer = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('inspected'),
    /** The context that the memory is estimated for, in tokens. */
    context_tokens: count,
    /** Memory for the weights, and for the context with the buffers of its computation, in bytes. */
    weights_bytes: count,
    context_bytes: count,
    /** Bytes of the weights that are read to generate one token. */
    bytes_per_token: count,
  }),
  /** The process begins to read a file. If it ends before its next answer, that file is the cause. */
  z.strictObject({ type: z.literal('reading'), file: z.string() }),
  z.strictObject({ type: z.literal('read'), file: z.string(), head: headRead }),
  z.strictObject({ type: z.literal('failed'), detail: z.string() }),
])

/** A request to the reading process. */
export type InspectRequest = z.infer<typeof inspectRequest>
/** A model file whose head is to be read. */
export type InspectSource = Extract<InspectRequest, { type: 'fit' }>['source']
/** An answer of the reading process. */
export type InspectAnswer = z.infer<typeof inspectAnswer>
/** The findings of a file's head for a fit. */
export type Inspected = Omit<Extract<InspectAnswer, { type: 'inspected' }>, 'type'>
/** The lasting outcome of reading a model file's head. */
export type GgufHead = z.infer<typeof ggufHead>
/** A head, or why there is none: for good or for now. */
export type HeadRead = z.infer<typeof headRead>
