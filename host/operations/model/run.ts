/** Runs the operations on models. */
import { readPeerModel } from '../../types/peer-model.ts'
import type { Context } from '../context.ts'
import type { Local } from '../local.ts'
import { type Handler, handle } from '../operation.ts'
import {
  modelFit,
  modelLoad,
  modelLs,
  modelMemory,
  modelPause,
  modelPull,
  modelRm,
  modelUnload,
  modelWhere,
} from './shape.ts'

/** The operations on models that a daemon runs. */
export const modelHandlers: readonly Handler<Context>[] = [
  handle(modelLs, async ({ models }: Context, _given, signal) => ({ models: await models.list(signal) })),
  handle(modelPull, ({ models }: Context, { name, background }, signal) =>
    background ? models.begin(name, signal) : models.pull(name, signal),
  ),
  handle(modelPause, async ({ models }: Context, { name }) => {
    const bytes = await models.pause(name)
    return { name, paused: bytes !== null, bytes }
  }),
  handle(modelWhere, async ({ agent, inference }: Context) => ({
    models: inference.models().flatMap(({ name, digest: sha256, context_tokens, at }) => {
      // Routes and providers have no file, and a name with a machine in it means one copy of a file.
      if (sha256 === null || context_tokens === null || readPeerModel(name) !== null) return []
      return [{ name, sha256, context_tokens, here: at.some((one) => one.agent === agent), at }]
    }),
  })),
  handle(modelMemory, ({ models }: Context) => models.memory()),
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
