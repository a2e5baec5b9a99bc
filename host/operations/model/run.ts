/** Runs the operations on models. */
import type { Context } from '../context.ts'
import type { Local } from '../local.ts'
import { type Handler, handle } from '../operation.ts'
import { modelFit, modelLoad, modelLs, modelPull, modelRm, modelUnload } from './shape.ts'

/** The operations on models that a daemon runs. */
export const modelHandlers: readonly Handler<Context>[] = [
  handle(modelLs, async ({ models }: Context, _given, signal) => ({ models: await models.list(signal) })),
  handle(modelPull, ({ models }: Context, { name }, signal) => models.pull(name, signal)),
  handle(modelRm, async ({ models }: Context, { name, force }, signal) => ({
    name,
    ...(await models.remove(name, force, signal)),
  })),
  handle(modelLoad, ({ models }: Context, { model }, signal) => models.load(model, signal)),
  handle(modelUnload, async ({ models }: Context, { model }, signal) => ({
    model,
    unloaded: await models.unload(model, signal),
  })),
  handle(modelFit, ({ models }: Context, { name, context_tokens }, signal) =>
    models.fit(name, context_tokens, signal),
  ),
]

/** The operation that fetches a model as a command, and reports its progress. */
export const pullHandler: Handler<Local> = handle(modelPull, (local: Local, { name }, signal) =>
  local.pullModel(name, signal),
)
