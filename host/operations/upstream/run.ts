/** Runs the operation that lists the models of providers. */
import type { Context } from '../context.ts'
import { type Handler, handle } from '../operation.ts'
import { upstreamLs } from './shape.ts'

/** The operation that lists the models of providers. */
export const upstreamHandler: Handler<Context> = handle(upstreamLs, async ({ upstreams }: Context) => ({
  models: (await upstreams.list()).map((one) => ({ ...one, data_classes: [...one.data_classes] })),
  budget: upstreams.budget(),
}))
