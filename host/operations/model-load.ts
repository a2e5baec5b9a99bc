/** Defines the verbs that load and unload a model. */
import { z } from 'zod'
import type { Context, ModelView } from './context.ts'
import { size } from './text.ts'
import { modelView } from './views.ts'
import { operation } from './whole.ts'

const input = z.strictObject({ model: z.string().min(1).max(128) })
const cli = { model: { as: '<NAME>', about: "the model's name" } } as const

const load = {
  summary: 'Load a model into memory ahead of its first run',
  doing: 'loading the model',
  input,
  output: modelView,
  cli,
  waits: () => true,
  run: (context: Context, { model }: z.output<typeof input>, signal: AbortSignal) =>
    context.models.load(model, signal),
  render: ({ name, memory_bytes }: ModelView) => ({
    lines: [name],
    notes: [memory_bytes === null ? 'loaded' : `loaded, ${size(memory_bytes)} of memory`],
  }),
} as const

const unloadOutput = z.strictObject({
  model: z.string(),
  unloaded: z.boolean().describe('false where it was not loaded'),
})

const unload = {
  summary: "Give a model's memory back once its runs have ended",
  doing: 'waiting until its runs have ended',
  input,
  output: unloadOutput,
  cli,
  waits: () => true,
  run: async (context: Context, { model }: z.output<typeof input>, signal: AbortSignal) => ({
    model,
    unloaded: await context.models.unload(model, signal),
  }),
  render: ({ model, unloaded }: z.output<typeof unloadOutput>) => ({
    lines: [model],
    notes: [unloaded ? 'its memory is given back' : 'it was not loaded'],
  }),
} as const

/** Loads a model. */
export const modelLoad = operation<Context, typeof input, typeof modelView>({
  ...load,
  name: 'model.load',
  effect: 'write',
  examples: ['ripple model load SmolLM2-135M-Instruct'],
})

/** Frees a model's memory after its runs. */
export const modelUnload = operation<Context, typeof input, typeof unloadOutput>({
  ...unload,
  name: 'model.unload',
  effect: 'write',
  examples: ['ripple model unload SmolLM2-135M-Instruct'],
})

/** `model.load` under the name that the wire contract gives it. */
export const inferenceLoadModel = operation<Context, typeof input, typeof modelView>({
  ...load,
  name: 'inference.load_model',
  effect: 'write',
  examples: ['ripple inference load_model SmolLM2-135M-Instruct'],
})

/** `model.unload` under the name that the wire contract gives it. */
export const inferenceUnloadModel = operation<Context, typeof input, typeof unloadOutput>({
  ...unload,
  name: 'inference.unload_model',
  effect: 'write',
  examples: ['ripple inference unload_model SmolLM2-135M-Instruct'],
})
