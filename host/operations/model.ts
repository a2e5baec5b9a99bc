/** Defines the verbs that list, pull and remove models. */
import { z } from 'zod'
import type { Context, ModelView } from './context.ts'
import { table } from './layout.ts'
import type { Local } from './local.ts'
import { size } from './text.ts'
import { modelView } from './views.ts'
import { operation } from './whole.ts'

const nothing = z.strictObject({})
const lsOutput = z.strictObject({ models: z.array(modelView) })
/** A name, or a sha256 or CID with an optional prefix. */
const name = z.string().min(1).max(128)

/** Lists the models of the model list and of this machine. */
export const modelLs = operation<Context, typeof nothing, typeof lsOutput>({
  name: 'model.ls',
  effect: 'read',
  summary: 'List the models that Ripple knows, which are here and which are loaded',
  examples: ['ripple model ls', 'ripple model ls --json'],
  input: nothing,
  output: lsOutput,
  cli: {},
  run: async (context, _given, signal) => ({ models: await context.models.list(signal) }),
  render: ({ models }, screen) => ({
    lines: table(
      [
        { head: 'NAME', least: 12 },
        'HERE',
        { head: 'LOADED', drop: 2 },
        { head: 'SIZE', drop: 1 },
        { head: 'CONTEXT', drop: 3 },
        { head: 'LICENCE', least: 8, drop: 4 },
        { head: 'SHA256', drop: 5 },
      ],
      models.map((model) => [
        model.name,
        here(model),
        loaded(model),
        model.bytes === null ? '-' : size(model.bytes),
        String(model.context_tokens),
        model.licence,
        model.sha256?.slice(0, 12) ?? '-',
      ]),
      screen,
    ),
    notes: models.flatMap(({ problem }) => (problem === null ? [] : [problem.message, `  ${problem.hint}`])),
  }),
})

function here({ present, pulling, indexing, problem }: ModelView): string {
  if (problem !== null && pulling === null) return 'unusable'
  if (present || indexing) return present ? 'yes' : 'indexing'
  if (pulling === null) return 'no'
  const { bytes, total } = pulling
  if (total === null) return size(bytes)
  return `${total === 0 ? 0 : Math.floor((100 * bytes) / total)} %`
}

function loaded({ loaded: is, memory_bytes, running }: ModelView): string {
  if (!is) return 'no'
  const memory = memory_bytes === null ? 'yes' : size(memory_bytes)
  return running === 0 ? memory : `${memory}, ${running} running`
}

const pullInput = z.strictObject({ name })

const pull = {
  name: 'model.pull',
  effect: 'write',
  summary: 'Fetch a model from peers or its source, and check its sha256',
  examples: ['ripple model pull SmolLM2-135M-Instruct', 'ripple model pull sha256:<DIGEST>'],
  input: pullInput,
  output: modelView,
  cli: { name: { as: '<NAME>', about: "the model's name, or the sha256 or CID of a file that a peer has" } },
  render: (model: ModelView) => ({
    lines: [model.path ?? model.name],
    notes: [`sha256 ${model.sha256 ?? '-'}`],
  }),
} as const

/** Fetches a model and checks it; the daemon's card then names it. */
export const modelPull = operation<Context, typeof pullInput, typeof modelView>({
  ...pull,
  waits: () => true,
  run: (context, given, signal) => context.models.pull(given.name, signal),
})

/** Fetches a model as a command, which reports progress. It needs no daemon if a source of the model can be reached. */
export const modelPullHere = operation<Local, typeof pullInput, typeof modelView>({
  ...pull,
  run: (local, given, signal) => local.pullModel(given.name, signal),
})

const rmInput = z.strictObject({ name, force: z.boolean().default(false) })
const rmOutput = z.strictObject({ name, path: z.string(), bytes: z.number().int().nonnegative() })

/** Deletes a model's file. */
export const modelRm = operation<Context, typeof rmInput, typeof rmOutput>({
  name: 'model.rm',
  effect: 'destroy',
  summary: "Remove a model's file from this machine",
  examples: ['ripple model rm SmolLM2-135M-Instruct', 'ripple model rm SmolLM2-135M-Instruct --force'],
  input: rmInput,
  output: rmOutput,
  cli: {
    name: { as: '<NAME>', about: "the model's name" },
    force: { as: '--force', about: 'also while it is loaded', kind: 'boolean' },
  },
  run: async (context, given, signal) => ({
    name: given.name,
    ...(await context.models.remove(given.name, given.force, signal)),
  }),
  render: ({ path, bytes }) => ({ lines: [path], notes: [`${size(bytes)} given back`] }),
})
