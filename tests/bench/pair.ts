import { type Flow, flow } from './flow.ts'
import { type Member, openMesh } from './mesh.ts'
import type { RawAgent } from './raw-agent.ts'
import { meet } from './raw-flow.ts'

/** A poster and a worker, in the conductor of each an agent that calls straight, and maybe more workers. */
export interface Pair extends AsyncDisposable {
  readonly poster: Member
  readonly worker: Member
  readonly raw: { readonly poster: RawAgent; readonly worker: RawAgent }
  /** One task through the daemons. */
  flow(): Promise<Flow>
  /** Own actions of each of the four. */
  lengths(): Promise<object>
}

/** Opens one with so many workers. A task for each has been done by then, so that the model is loaded. */
export async function openPair(count = 1): Promise<Pair> {
  await using opening = new AsyncDisposableStack()
  const { poster, workers } = opening.use(await openMesh(count))
  const [worker] = workers
  if (!worker) throw new TypeError('there is no worker')
  const raw = { poster: opening.use(await poster.raw()), worker: opening.use(await worker.raw()) }
  await meet(raw.poster, raw.worker)
  await Promise.all(workers.map(() => flow(poster, workers)))
  const stack = opening.move()
  return {
    poster,
    worker,
    raw,
    flow: () => flow(poster, workers),
    lengths: async () => ({
      poster: await poster.chainLength(),
      worker: await worker.chainLength(),
      raw_poster: await raw.poster.chainLength(),
      raw_worker: await raw.worker.chainLength(),
    }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
