import { z } from 'zod'
import { RippleError } from '../errors/ripple-error.ts'
import type { Context, ModelView } from './context.ts'
import type { Local } from './local.ts'
import { operation } from './operation.ts'
import { size, table } from './text.ts'
import { modelView } from './views.ts'

const nothing = z.strictObject({})
const lsOutput = z.strictObject({ models: z.array(modelView) })

/** Lists the models of the model list and of this machine. */
export const modelLs = operation<Context, typeof nothing, typeof lsOutput>({
  name: 'model.ls',
  summary: 'List the models that Ripple knows, and which are here',
  examples: ['ripple model ls'],
  input: nothing,
  output: lsOutput,
  cli: {},
  run: async (context, _given, signal) => ({ models: await context.models.list(signal) }),
  render: ({ models }) => ({
    lines: table(
      ['NAME', 'HERE', 'SIZE', 'CONTEXT', 'LICENCE', 'SHA256'],
      models.map((model) => [
        model.name,
        model.present ? 'yes' : 'no',
        model.bytes === null ? '-' : size(model.bytes),
        String(model.context_tokens),
        model.licence,
        model.sha256?.slice(0, 12) ?? '-',
      ]),
    ),
  }),
})

const pullInput = z.strictObject({ name: z.string().min(1).max(128) })

const pull = {
  name: 'model.pull',
  summary: 'Fetch a model and check its sha256',
  examples: ['ripple model pull SmolLM2-135M-Instruct'],
  input: pullInput,
  output: modelView,
  cli: { name: { as: '<NAME>', about: "the model's name" } },
  render: (model: ModelView) => ({
    lines: [model.path ?? model.name],
    notes: [`sha256 ${model.sha256 ?? '-'}`],
  }),
} as const

/** Fetches a model and checks it; the daemon's card then names it. */
export const modelPull = operation<Context, typeof pullInput, typeof modelView>({
  ...pull,
  waits: () => true,
  run: (context, { name }, signal) => context.models.pull(name, signal),
})

/** The same in the command itself, which needs no daemon for it and says how far it is. A running one is told. */
export const modelPullHere = operation<Local, typeof pullInput, typeof modelView>({
  ...pull,
  run: async (local, { name }, signal) => {
    const pulled = await local.pullModel(name, signal)
    await local.call(pull.name, { name }, signal).catch((thrown: unknown) => {
      if (!(thrown instanceof RippleError) || thrown.code !== 'RIPPLE_NO_DAEMON') throw thrown
    })
    return pulled
  },
})
