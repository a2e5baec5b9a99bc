/** Posts, lists and cancels the daemon's tasks for the operations. */
import type { ForkGuard } from '../../dht/fork-guard/fork-guard.ts'
import type { Dht } from '../../dht/port.ts'
import type { TaskAnswer } from '../../inference/ask-mesh.ts'
import type { PeerForecast } from '../../mesh/placement/forecast.ts'
import type { TaskView as MeshTaskView } from '../../mesh/view/view.ts'
import type { ModelStore } from '../../models/store.ts'
import type { PlanView, Tasks, TaskView, TaskWish, Wish } from '../../operations/context.ts'
import { closedStates } from '../../operations/task/view.ts'
import { plainPrompt } from '../../types/inference.ts'
import type { TaskSpec } from '../../work/poster/task-spec.ts'
import type { Work } from '../../work/work.ts'
import { chooseModel, contextFor } from '../models/choose-model.ts'
import type { Receipts } from '../receipts/receipts.ts'
import { type FallbackCandidates, fallbackRequest } from './fallback-recipients.ts'
import { requestView } from './task-request.ts'

/** Parts of the daemon that the task service uses. */
export interface TaskServiceNeeds extends FallbackCandidates {
  readonly work: Work
  readonly dht: Dht
  readonly models: ModelStore
  readonly receipts: Pick<Receipts, 'pathOf'>
  /** Reads the answer of a task, and finds its receipt. */
  answerOf(view: MeshTaskView, signal: AbortSignal): Promise<TaskAnswer>
  /** The model of a task that names none. */
  readonly model: string | null
  readonly guard: Pick<ForkGuard, 'refusal'>
}

/** Returns the daemon's tasks as the operations see them. */
export function taskService(needs: TaskServiceNeeds): Tasks {
  const { work, receipts, guard } = needs
  const refuseBehind = (): void => {
    const refusal = guard.refusal()
    if (refusal) throw refusal
  }
  const plain = (view: MeshTaskView) => plainView(view, receipts.pathOf(view))
  return {
    post: async (wish, signal) => {
      refuseBehind()
      return withAnswer(await work.post(specOf(wish, needs), signal), needs, signal)
    },
    find: async (id) => (await work.find(id))?.task ?? null,
    list: async (most) => (await work.newest(most)).map(plain),
    prompt: (task) => work.prompt(task),
    request: async (task) => requestView(task, await work.request(task)),
    beginning: (prefix) => work.beginning(prefix),
    show: async (task, signal) =>
      withHolders(await withAnswer(await work.show(task), needs, signal), needs, signal),
    why: async (task) => {
      const { state, ended, attempts, waits_for, now, peers } = await work.why(task)
      return {
        id: (await work.show(task)).id,
        state,
        ended,
        attempts,
        waits_for,
        now: now && { on: now.on, peer: now.agent, until: now.until, due: now.due },
        peers: peers.map(peerView),
      }
    },
    plan: (wish) => planOf(wish, needs),
    cancel: async (task, signal) => {
      refuseBehind()
      return withAnswer(await work.cancel(task, signal), needs, signal)
    },
  }
}

async function withAnswer(
  view: MeshTaskView,
  needs: TaskServiceNeeds,
  signal: AbortSignal,
): Promise<TaskView> {
  const { text, receipt } = await needs.answerOf(view, signal)
  const base = plainView(view, receipt)
  return base.output === null ? base : { ...base, output: { ...base.output, text } }
}

/**
 * Adds to an open task the number of peers that hold it and of stand-ins that could continue it. Only a view of one
 * task asks for this. The first question is a call to the conductor, and would double the time of a post.
 */
async function withHolders(
  view: TaskView,
  { dht, work }: TaskServiceNeeds,
  signal: AbortSignal,
): Promise<TaskView> {
  if (closedStates.has(view.state)) return view
  const stand_ins = view.fallback_after_ms === null ? null : work.standIns(view.task).length
  return { ...view, held_by: await dht.holders(view.task, signal).catch(() => null), stand_ins }
}

function plainView(view: MeshTaskView, receipt: string | null): TaskView {
  const output = view.output && { ...view.output, text: null }
  return { ...view, output, receipt, prompt: null, held_by: null, stand_ins: null }
}

/** Forecasts the placement of a task. Throws `RIPPLE_MODEL_UNKNOWN` and `RIPPLE_MODEL_MISSING`. */
function planOf(wish: Wish, needs: TaskServiceNeeds): PlanView {
  const { name, digest } = chooseModel(wish.model ?? needs.model, needs.models, needs.peers())
  const { requirements, placement } = wish
  const work = { type: 'model', name, digest } as const
  const { peers, ...rest } = needs.work.forecast({ class: 'inference', work, requirements, placement })
  return { ...rest, peers: peers.map(peerView) }
}

/** Returns a peer's place or obstacle by the names of the operations. */
function peerView<P extends PeerForecast>({ agent, refusals, ...rest }: P) {
  return { ...rest, peer: agent, codes: refusals }
}

/**
 * Looks up the model and the stand-ins of a wish, and builds its payload. Throws `RIPPLE_MODEL_UNKNOWN` and
 * `RIPPLE_MODEL_MISSING`.
 */
function specOf(wish: TaskWish, needs: TaskServiceNeeds): TaskSpec {
  const { prompt, max_tokens, temperature_milli, seed } = wish
  const model = chooseModel(wish.model ?? needs.model, needs.models, needs.peers())
  const context_tokens = contextFor(Buffer.byteLength(prompt), max_tokens, model)
  const parameters = { max_tokens, temperature_milli, top_p_milli: 1_000, top_k: 0, context_tokens }
  return {
    ...wish,
    payload: plainPrompt(prompt, { parameters, seed }),
    deterministic: true,
    model: { name: model.name, digest: model.digest },
    sensitivity: wish.public ? 'public' : 'private',
    fallback: wish.fallback && fallbackRequest(wish.fallback, wish.public, needs),
    only: null,
  }
}
