/** Defines the messages between the daemon and the engine's process. */
import { z } from 'zod'
import { gpuChoice } from '../../types/gpu-choice.ts'
import { inferencePayload } from '../../types/inference.ts'

const count = z.number().int().nonnegative()

const usage = z.strictObject({
  tokens_in: count,
  tokens_out: count,
  cpu_ms: count,
  wall_ms: count,
  peak_rss_bytes: count,
})

/** A model file and what the process has to know of it. */
const model = z.strictObject({
  sha256: z.string(),
  name: z.string(),
  file: z.string(),
  /** Size in bytes and time of change (milliseconds since 1970) of the file when its sha256 was read; absent where unknown. */
  bytes: count.optional(),
  mtime_ms: z.number().optional(),
  /** Whether the model's own chat template is applied, or it only continues text. */
  chat_template: z.enum(['own', 'none']),
})

/** The GPU of the process, as the engine's port describes it. */
const gpu = z.strictObject({
  backend: z.enum(['cuda', 'vulkan', 'metal']),
  devices: z.array(z.string()).min(1),
  vram_bytes: count,
  budget_bytes: count,
})

/** Messages from the daemon to the engine's process. Each except `stop` has its own number, which its replies repeat. */
export const requestSchema = z.discriminatedUnion('type', [
  /** Runs a request; answered by any number of `read` and `text`, then by `done`. */
  z.strictObject({ type: z.literal('run'), id: count, model, prefix: z.string(), ...inferencePayload.shape }),
  /** Loads a model; answered by `answered`. */
  z.strictObject({ type: z.literal('load'), id: count, model }),
  /** Unloads a model once its runs have ended; answered by `answered`. */
  z.strictObject({ type: z.literal('unload'), id: count, sha256: z.string() }),
  /** Stops the call with that number; answered by `stopped`, unless the call has ended already. */
  z.strictObject({ type: z.literal('stop'), id: count }),
])

/** Messages from the engine's process to the daemon. */
export const replySchema = z.discriminatedUnion('type', [
  /** The process is ready. Sent once, first. */
  z.strictObject({
    type: z.literal('ready'),
    build: z.string(),
    backend_class: z.string(),
    gpu: gpu.nullable(),
  }),
  /** There is no GPU of the kind that the setup names, so the process ends. Sent in place of `ready`. */
  z.strictObject({ type: z.literal('no_gpu'), detail: z.string() }),
  /** The models in memory now, the most recently used first. */
  z.strictObject({
    type: z.literal('models'),
    models: z.array(z.strictObject({ sha256: z.string(), bytes: count, running: count })),
  }),
  /** Native code begins (`on`) or has ended to split the run's texts into tokens, which is the whole prompt. */
  z.strictObject({ type: z.literal('splitting'), id: count, on: z.boolean() }),
  /** The run has its model, and has read so many tokens of the prompt: 0 when it begins. */
  z.strictObject({ type: z.literal('read'), id: count, tokens: count }),
  /** A piece of the answer, and the number of tokens generated so far. */
  z.strictObject({ type: z.literal('text'), id: count, text: z.string(), tokens: count }),
  z.strictObject({
    type: z.literal('done'),
    id: count,
    finish: z.enum(['stop', 'length']),
    usage,
    template_digest: z.string().nullable(),
  }),
  /** The end of `load` and `unload`, and whether it changed anything. */
  z.strictObject({ type: z.literal('answered'), id: count, changed: z.boolean() }),
  z.strictObject({
    type: z.literal('failed'),
    id: count,
    code: z.enum([
      'RIPPLE_MODEL_MISSING',
      'RIPPLE_MODEL_CORRUPT',
      'RIPPLE_MODEL_UNREAD',
      'RIPPLE_MODEL_MEMORY',
      'RIPPLE_MODEL_NOT_CHAT',
      'RIPPLE_CONTEXT_TOO_LONG',
      'RIPPLE_BODY_INVALID',
      'RIPPLE_ENGINE_CRASHED',
    ]),
    facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  }),
  z.strictObject({ type: z.literal('stopped'), id: count }),
])

/** The setup of the engine's process: its one argument, as JSON. */
export const setupSchema = z.strictObject({
  gpu: gpuChoice,
  threads: z.number().int().positive(),
  /** Most concurrent runs. */
  slots: z.number().int().positive(),
  /** Memory of the machine that models may take together, in bytes, without that of a GPU. */
  memory_bytes: count,
  /** Milliseconds without a run after which a model is unloaded. */
  idle_ms: z.number().int().positive(),
})

/** A message to the engine's process. */
export type Request = z.infer<typeof requestSchema>
/** A message that gets an answer. */
export type Call = Exclude<Request, { type: 'stop' }>
/** The message that asks for a run. */
export type RunRequest = Extract<Request, { type: 'run' }>
/** A model file and what the process has to know of it. */
export type ModelFile = z.infer<typeof model>
/** A message from the engine's process. */
export type Reply = z.infer<typeof replySchema>
/** The setup of the engine's process. */
export type Setup = z.infer<typeof setupSchema>
