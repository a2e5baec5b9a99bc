/** Defines the operations that list, judge, fetch, load and remove models. */
import { z } from 'zod'
import type { ErrorCode } from '../../errors/table.ts'
import { limits } from '../../limits.ts'
import { defineOperation } from '../operation.ts'
import { nothing } from '../request-fields.ts'
import { fitView, modelMemoryView, modelPlacesView, modelView } from './view.ts'

/** The most tokens of a context that a model is judged with. */
const FIT_CONTEXT_TOKENS_MAX = 10_000_000

const nameField = z.string().min(1).max(128)
const name = nameField.describe("the model's name")
const nameOrFile = nameField.describe("the model's name, or the sha256 or CID of a file that a peer has")

/** Codes of a name that means no usable file here. */
const fileErrors: readonly ErrorCode[] = [
  'RIPPLE_MODEL_UNKNOWN',
  'RIPPLE_MODEL_MISSING',
  'RIPPLE_MODEL_UNREAD',
  'RIPPLE_MODEL_CORRUPT',
  'RIPPLE_MODEL_CHECKSUM',
  'RIPPLE_MODEL_SPLIT',
]

/** Lists the models of the model list and of this machine. */
export const modelLs = defineOperation({
  name: 'model.ls',
  title: 'List models',
  summary: 'List the models that Ripple knows, which are here and which are loaded',
  description:
    'Lists the models of the model list and those whose file is on this machine, with size, context, licence and state: present, loaded, being fetched, or unusable and why.',
  effect: 'read',
  input: nothing,
  output: z.strictObject({ models: z.array(modelView).describe('the models') }),
  errors: [],
  examples: ['ripple model ls', 'ripple model ls --json'],
  surfaces: { mcp: 'model.ls', cli: {} },
})

/** Fetches a model and checks it. As a command it needs no daemon if a source of the model can be reached. */
export const modelPull = defineOperation({
  name: 'model.pull',
  title: 'Fetch a model',
  summary: 'Fetch a model from peers or its source, and check its sha256',
  description:
    "Fetches a model's file from peers or from its source, checks its sha256, and makes this machine offer it. It answers when the file is here, which may take long; model.fit tells before whether the model will run. With background it answers once the first bytes come, and the daemon continues alone; model.ls has the progress, and model.pause stops it.",
  effect: 'write',
  idempotent: true,
  input: z.strictObject({
    name: nameOrFile,
    background: z
      .boolean()
      .default(false)
      .describe('whether the daemon answers once the first bytes come, and continues without this caller'),
  }),
  output: modelView,
  errors: [
    ...fileErrors,
    'RIPPLE_MODEL_PAUSED',
    'RIPPLE_MODEL_UNREACHABLE',
    'RIPPLE_MODEL_NO_PEER',
    'RIPPLE_DISK_SHORT',
    'RIPPLE_DISK_FULL',
  ],
  waits: true,
  examples: ['ripple model pull SmolLM2-135M-Instruct', 'ripple model pull sha256:<DIGEST>'],
  surfaces: { mcp: 'model.pull', cli: { flags: { name: '<NAME>' } } },
})

/** Stops the pull of a model, which can be continued. */
export const modelPause = defineOperation({
  name: 'model.pause',
  title: 'Pause a pull',
  summary: 'Stop the pull of a model, and keep the bytes that are here',
  description:
    'Stops the pull of a model, whoever began it. The bytes that are here stay, and the next model.pull of it continues with them where its source can.',
  effect: 'write',
  idempotent: true,
  input: z.strictObject({ name: nameOrFile }),
  output: z.strictObject({
    name: nameOrFile,
    paused: z.boolean().describe('false if no pull of it ran'),
    bytes: z
      .number()
      .int()
      .nonnegative()
      .nullable()
      .describe('bytes that are here; null if no pull of it ran'),
  }),
  errors: [],
  examples: ['ripple model pause SmolLM2-135M-Instruct'],
  surfaces: { mcp: 'model.pause', cli: { flags: { name: '<NAME>' } } },
})

/** Lists the machines that have each model of the mesh. */
export const modelWhere = defineOperation({
  name: 'model.where',
  title: 'List the machines of the models',
  summary: 'List which machines of the mesh have which models, and where they are loaded',
  description:
    'Lists the model files of the mesh, each with the machines that are there and have it, and whether it is in their memory. A machine names what it can run; that is not proven.',
  effect: 'read',
  input: nothing,
  output: z.strictObject({
    models: z.array(modelPlacesView).describe('the models, those of this machine first'),
  }),
  errors: [],
  examples: ['ripple model where'],
  surfaces: { mcp: 'model.where', cli: {} },
})

/** Returns the memory and disk space of models. */
export const modelMemory = defineOperation({
  name: 'model.memory',
  title: 'Show the memory of models',
  summary: 'Show the memory that models may take here, and how much of it they take',
  description:
    "Shows the memory budget of this machine's models with its part in the memory of a GPU, the part that loaded models take, and the free space on the disk of the model files.",
  effect: 'read',
  input: nothing,
  output: modelMemoryView,
  errors: [],
  examples: ['ripple model memory'],
  surfaces: { mcp: 'model.memory', cli: {} },
})

/** Deletes a model's file. */
export const modelRm = defineOperation({
  name: 'model.rm',
  title: 'Remove a model',
  summary: "Remove a model's file from this machine",
  description:
    "Deletes a model's file from this machine, also one that failed its check, and the bytes of an unfinished download. A loaded model is refused unless force is set; its current answers then still end normally.",
  effect: 'destroy',
  idempotent: true,
  input: z.strictObject({
    name,
    force: z.boolean().default(false).describe('also while it is loaded'),
  }),
  output: z.strictObject({
    name,
    path: z.string().describe('path of the file that was deleted'),
    bytes: z.number().int().nonnegative().describe('its size'),
  }),
  errors: ['RIPPLE_MODEL_UNKNOWN', 'RIPPLE_MODEL_MISSING', 'RIPPLE_MODEL_AMBIGUOUS', 'RIPPLE_MODEL_IN_USE'],
  examples: ['ripple model rm SmolLM2-135M-Instruct', 'ripple model rm SmolLM2-135M-Instruct --force'],
  surfaces: { mcp: 'model.rm', cli: { flags: { name: '<NAME>', force: '--force' } } },
})

/** Loads a model. */
export const modelLoad = defineOperation({
  name: 'model.load',
  also: ['inference.load_model'],
  title: 'Load a model',
  summary: 'Load a model into memory ahead of its first run',
  description:
    'Loads a model whose file is on this machine into memory, so that its first answer begins sooner. It answers when the model is loaded.',
  effect: 'write',
  idempotent: true,
  input: z.strictObject({ model: name }),
  output: modelView,
  errors: [...fileErrors, 'RIPPLE_MODEL_MEMORY', 'RIPPLE_ENGINE_CRASHED', 'RIPPLE_ENGINE_STALLED'],
  waits: true,
  examples: ['ripple model load SmolLM2-135M-Instruct'],
  surfaces: { mcp: 'inference.load_model', cli: { flags: { model: '<NAME>' } } },
})

/** Frees a model's memory after its runs. */
export const modelUnload = defineOperation({
  name: 'model.unload',
  also: ['inference.unload_model'],
  title: 'Unload a model',
  summary: "Give a model's memory back once its runs have ended",
  description:
    "Frees a model's memory once its current runs have ended, and answers then. Its file stays, and its next run loads it again.",
  effect: 'write',
  idempotent: true,
  input: z.strictObject({ model: name }),
  output: z.strictObject({ model: name, unloaded: z.boolean().describe('false if it was not loaded') }),
  errors: fileErrors,
  waits: true,
  examples: ['ripple model unload SmolLM2-135M-Instruct'],
  surfaces: { mcp: 'inference.unload_model', cli: { flags: { model: '<NAME>' } } },
})

/** Judges whether a model can run here, and how fast. */
export const modelFit = defineOperation({
  name: 'model.fit',
  title: 'Judge a model',
  summary: 'Tell whether a model will run here and how fast, before it is fetched',
  description:
    'Judges from memory, disk and speed of this machine whether a model will run here, without fetching it. Each number names its basis: measured, from the file, or estimated.',
  effect: 'read',
  input: z.strictObject({
    name: nameOrFile,
    context_tokens: z
      .number()
      .int()
      .min(1)
      .max(FIT_CONTEXT_TOKENS_MAX)
      .default(limits.fit_context_tokens)
      .describe('the context that it is to be run with'),
  }),
  output: fitView,
  errors: [...fileErrors, 'RIPPLE_MODEL_UNREACHABLE', 'RIPPLE_MODEL_NO_PEER'],
  waits: true,
  examples: ['ripple model fit Qwen3-4B', 'ripple model fit gemma-3-270m --context 32768'],
  surfaces: {
    mcp: 'model.fit',
    cli: { flags: { name: '<NAME>', context_tokens: '--context <TOKENS>' } },
  },
})
