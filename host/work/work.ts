/** Opens the work of one daemon. */
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { type MeshCore, meshCore } from '../mesh/core.ts'
import { type Forecast, forecast } from '../mesh/placement/forecast.ts'
import type { Ranked } from '../mesh/placement/rank.ts'
import { standInOrder } from '../mesh/placement/standby.ts'
import { byAge } from '../mesh/state/chain.ts'
import { type ChainCapacity, canClose, chainCapacity } from '../mesh/state/chain-capacity.ts'
import { needsEngine } from '../mesh/state/held.ts'
import type { MeshInput } from '../mesh/state/input.ts'
import { heldOpenBy } from '../mesh/state/leaving.ts'
import { emptyState, type MeshState } from '../mesh/state/state.ts'
import { undrainedGrants } from '../mesh/state/undrained-grants.ts'
import { type TaskView, viewTask } from '../mesh/view/view.ts'
import { type TaskWhy, whyTask } from '../mesh/view/why.ts'
import { PeerQuota } from '../net/peer-quota.ts'
import { Loop } from '../planning/loop.ts'
import { type HistoryRecord, retried } from '../telemetry/history.ts'
import type { Taken } from '../types/allocation.ts'
import type { Decision } from '../types/decision.ts'
import type { ActionHash, AgentKey, DnaHash, MeshEvent } from '../types/events.ts'
import { orAborted } from '../types/or-aborted.ts'
import { AnswerTexts } from './context/answer-texts.ts'
import type { WorkConfig } from './context/config.ts'
import type { LoopContext, WorkNeeds } from './context/context.ts'
import { FallbackLists } from './context/fallback-lists.ts'
import { HeadStarts } from './context/head-start.ts'
import { PeerEventCache } from './context/peer-event-cache.ts'
import { RefusedTasks } from './context/refused-tasks.ts'
import { sealReady } from './context/seal.ts'
import { Watchers, type WorkEvent } from './context/watchers.ts'
import { WriteQueue } from './context/writes.ts'
import { send } from './messages/send.ts'
import { serving } from './messages/serve-event.ts'
import { Pause } from './pause.ts'
import { mayPost } from './poster/ask-policy.ts'
import { endHeadStart, type Shown } from './poster/begin-early.ts'
import { byHash } from './poster/depend.ts'
import { leaveEpoch } from './poster/leave-epoch.ts'
import { draftOf, type PostAbout, post } from './poster/post.ts'
import { PostQueue } from './poster/post-queue.ts'
import { chainFull } from './poster/refuse.ts'
import { promptOf, requestOf, secretsOf, type TaskRequest, type TaskSecrets } from './poster/secrets.ts'
import { sendingPayloads } from './poster/send-payload.ts'
import type { TaskSpec } from './poster/task-spec.ts'
import { answering, receive } from './receive.ts'
import {
  closedBeginning,
  newestClosed,
  type OwnTask,
  postedOf,
  readTask,
  recordedOf,
} from './records/task-record.ts'
import { restore } from './restore.ts'
import { runEffect } from './run-effect.ts'
import { stop } from './stop.ts'
import { waitDrained } from './wait-drained.ts'

/** The work of one daemon, as poster and as worker. A task is named by its hash or by the client's key. */
export interface Work extends AsyncDisposable {
  /**
   * Posts a task; resolves when it stands on the chain. The same key and content give the same task, however often and
   * across restarts. Other content under the same key is `RIPPLE_TASK_CONFLICT`. While the conductor is down it rejects
   * at once with `RIPPLE_CONDUCTOR_DOWN`. A task that was sent before is looked for instead, since it may stand. If
   * this machine begins the task at once, `shown` gets its text until its Grant is being written.
   */
  post(request: TaskSpec, signal: AbortSignal, shown?: Shown): Promise<TaskView>
  /** Asks the policy whether a request may be posted, and posts nothing. Rejects with `RIPPLE_POLICY_REFUSED`. */
  mayPost(request: TaskSpec): Promise<void>
  /** Returns the decision by which this machine's policy refused to run a task lately; null where it did not. */
  refusedHere(task: ActionHash): Decision | null
  /** Returns one own task, open or closed; null where there is none. */
  find(task: string): Promise<TaskView | null>
  /** Returns the own tasks that are open, oldest first, and closed ones that are just being recorded. */
  list(): readonly TaskView[]
  /** Returns all open own tasks and the newest closed ones, at most `most`, newest first. */
  newest(most: number): Promise<readonly TaskView[]>
  /** Returns one own task, open or closed. Rejects with `RIPPLE_TASK_UNKNOWN`. */
  show(task: string): Promise<TaskView>
  /** Returns the newest closed own tasks, newest first, and at most `most`. */
  newestClosed(most: number): Promise<readonly TaskView[]>
  /** Returns the newest closed own tasks of the open epochs, whose answers this machine can still reveal itself. */
  newestRevealed(): Promise<readonly TaskView[]>
  /** Returns the hashes of own tasks whose hash or key begins with `prefix`; of closed ones two at most. */
  beginning(prefix: string): Promise<readonly ActionHash[]>
  /**
   * Returns what a task waits for, how its attempts ended, and each peer's place in its ranking or what keeps it out.
   * Rejects with `RIPPLE_TASK_UNKNOWN`.
   */
  why(task: string): Promise<TaskWhy>
  /** Returns the agents that could run an open own task now if this machine were away, in their order. */
  standIns(task: string): readonly AgentKey[]
  /** Returns where a task would go if it were posted now. */
  forecast(entry: Ranked['entry']): Forecast
  /**
   * Withdraws a task and resolves when it is closed: as cancelled, or with the outcome that it had before. Rejects with
   * `RIPPLE_CHAIN_FULL` when no Close can be written.
   */
  cancel(task: string, signal: AbortSignal): Promise<TaskView>
  /** Resolves when the task is closed. An aborted wait changes nothing for the task. */
  wait(task: string, signal: AbortSignal): Promise<TaskView>
  /** Returns the answer of an open own task so far; empty without one. */
  textOf(task: ActionHash): string
  /**
   * Returns the start of an own task's prompt; null where it is not stored, as for a task of an epoch that was left.
   */
  prompt(task: string): Promise<string | null>
  /** Returns the request that became an own task; null after the task's epoch was left. */
  request(task: string): Promise<TaskRequest | null>
  /**
   * Returns payload and output with their salts and keys, for the task's receipt. Null after its epoch was left, and
   * where they were lost.
   */
  secrets(task: string, signal: AbortSignal): Promise<TaskSecrets | null>
  /** Calls back with each change of an own task and each piece of its answer; the returned function ends that. */
  events(listener: (event: WorkEvent) => void): () => void
  /** Returns the number of grants that this machine runs or is about to run, for its presence. */
  heldGrants(): number
  /**
   * Takes nothing new from now on, releases grants that have not begun and finishes the rest; `false` ends the drain.
   */
  drain(on: boolean): void
  /** Returns the hashes of own tasks and grants that keep an epoch open. */
  openIn(dna: DnaHash): readonly ActionHash[]
  /** Returns how full the own chain of an epoch is. */
  room(dna: DnaHash): ChainCapacity
  /** Leaves an epoch, as `leaveEpoch` does. */
  leave(dna: DnaHash, leaving?: (view: TaskView) => Promise<void>): Promise<void>
  /** Takes nothing new from others, and continues own tasks and all that has begun; `false` ends the pause. */
  pauseForOthers(on: boolean): void
  /** Counts what is allocated, by the owner's machine, as taken for tasks of everybody but its holder. */
  allocated(taken: ReadonlyMap<AgentKey, readonly Taken[]>): void
  /** Whether tasks of others are paused. */
  pausedForOthers(): boolean
  /** Whether it is draining. */
  draining(): boolean
  /**
   * Begins nothing and takes nothing while the own chain may not be written to; `false` reads the new events of the
   * chain and resumes.
   */
  hold(on: boolean): Promise<void>
  /** Returns the number of grants that a drain still waits for. */
  undrainedCount(): number
  /**
   * Resolves when nothing is left to run, to write or to hand over. A result whose poster is away does not count, nor one
   * that its poster has left open for `limits.drain_handover_ms`: both are kept for a later start.
   */
  waitDrained(signal: AbortSignal): Promise<void>
}

/**
 * Starts the loop: rebuilds the state from chain and journal, then acts until it is disposed. Disposal releases grants
 * that have not run. The signal ends only the start, at once. Work that the signal of an orderly stop ended would
 * release nothing.
 */
export async function startWork(
  needs: WorkNeeds,
  config: WorkConfig,
  signal: AbortSignal,
  core: MeshCore = meshCore,
): Promise<Work> {
  await sealReady()
  const ending = new AbortController()
  const over = ending.signal
  const cancel = () => ending.abort(signal.reason)
  if (signal.aborted) cancel()
  signal.addEventListener('abort', cancel, { once: true })
  const watchers = new Watchers(needs.clock)
  const { loop, context } = assemble(needs, config, over, watchers, core)
  const peersSeen = () =>
    context.dispatch({ type: 'peers_seen', peers: needs.peers(), at: needs.clock.now() })
  // Peers answer the first beat while the state is being restored, and then say nothing for half a minute.
  const offPeers = needs.onPeers(peersSeen)
  peersSeen()
  try {
    await restore(context)
  } finally {
    signal.removeEventListener('abort', cancel)
  }
  const offMessages = needs.messages.onMessage((from, message) => {
    return over.aborted ? undefined : receive(from, message, context)
  })
  context.record({ type: 'started' })
  const pause = new Pause(context, loop)
  if (needs.held) await pause.hold(true)
  else loop.start()
  const end = async () => {
    // A hold that is just being ended must not start the loop again.
    await pause.hold(true)
    await stop(context, loop)
    offPeers()
    offMessages()
    ending.abort(new RippleError('RIPPLE_INTERRUPTED'))
    await loop.idle()
  }
  return workOf(context, watchers, pause, end)
}

function assemble(
  needs: WorkNeeds,
  config: WorkConfig,
  signal: AbortSignal,
  watchers: Watchers,
  core: MeshCore,
) {
  const { dht, clock, random } = needs
  const texts = new AnswerTexts()
  const record = (fact: HistoryRecord) => needs.record({ ...fact, agent: dht.agent, at: clock.now() })
  const loop = new Loop(emptyState(dht.agent, config), {
    planner: core,
    clock,
    signal,
    act: (action) => runEffect(action, context),
    changed: (before, after, input) => {
      watchers.changed(before, after, input)
      const closed = input.type === 'committed' && input.event.entry.type === 'Close'
      if (!closed) return
      texts.drop(input.event.entry.task)
      endHeadStart(input.event.entry.task, context)
    },
    planned: (state, subject) => watchers.looked(state, subject),
    failed: (action, error) => record(retried(action.type, error)),
  })
  const dispatch = (input: MeshInput) => loop.dispatch(input)
  const seen: ConstructorParameters<typeof WriteQueue>[4] = (event, known) =>
    dispatch({ type: 'committed', event, at: clock.now(), known })
  const unanswered = (what: string, error: RippleError) => record(retried(what, error))
  const recorded = (events: readonly MeshEvent[]) => recordedOf(events, needs.journal)
  const context: LoopContext = {
    core,
    needs,
    bounds: config,
    writes: new WriteQueue(dht, clock, random, signal, seen, unanswered, recorded),
    signal,
    lists: new FallbackLists(),
    peerEvents: new PeerEventCache(),
    serving: new PeerQuota(serving),
    sendingPayloads: new PeerQuota(sendingPayloads),
    answering: new PeerQuota(answering),
    texts,
    refusedTasks: new RefusedTasks(clock),
    headStarts: new HeadStarts(),
    runs: new Map(),
    state: () => loop.state,
    dispatch,
    send: (to, message) => send(to, message, context, receive),
    record,
    failpoint: needs.failpoint ?? (() => {}),
    notify: (piece) => watchers.told(piece),
  }
  return { loop, context }
}

function workOf(context: LoopContext, watchers: Watchers, pause: Pause, end: () => Promise<void>): Work {
  const find = (task: string) => findTask(task, context)
  const closed = (task: ActionHash, signal: AbortSignal) =>
    watchers.closed(task, async () => (await find(task)).view, signal)
  const posts = new PostQueue(limits.posts_waiting_max)
  return {
    // One at a time: two posts with one key must not pass each other between the look and the write.
    post: async (request, signal, shown) => {
      const lost = context.needs.lost?.()
      const turn = posts.take(() => acknowledged(request, context, { lost, shown }), lost)
      return orAborted(turn, signal)
    },
    mayPost: (request) => mayPost(draftOf(request, context).task, request, context),
    refusedHere: (task) => context.refusedTasks.of(task),
    find: async (task) => (await readTask(task, context))?.view ?? null,
    list: () => listOf(context),
    show: async (task) => (await find(task)).view,
    newestClosed: async (most) => (await newestClosed(most, context)).map(({ view }) => view),
    newestRevealed: async () =>
      (await newestClosed(limits.past_listed, context))
        .filter(({ dna }) => context.state().heads.has(dna ?? ''))
        .map(({ view }) => view),
    newest: (most) => newestOf(most, context),
    beginning: async (prefix) => {
      const open = listOf(context).filter((one) => one.id.startsWith(prefix) || one.task.startsWith(prefix))
      // A task that is just being recorded may be in both.
      return [...new Set([...open.map(({ task }) => task), ...(await closedBeginning(prefix, context))])]
    },
    why: (task) => whyOf(task, context),
    standIns: (task) => {
      const posted = postedOf(task, context.state())
      return posted ? standInOrder(context.state(), posted.task, context.needs.clock.now()) : []
    },
    forecast: (entry) => forecast(context.state(), entry, context.needs.clock.now()),
    cancel: async (task, signal) => {
      const { view, dna = '' } = await find(task)
      if (view.close) return view
      // Nothing could end that wait.
      if (!canClose(context.state(), dna)) throw chainFull(context.state(), context.needs.clock.now(), false)
      context.record({ type: 'cancel_asked', task: view.task })
      context.dispatch({ type: 'cancel_wanted', task: view.task })
      return closed(view.task, signal)
    },
    wait: async (task, signal) => closed((await find(task)).view.task, signal),
    textOf: (task) => context.texts.get(task),
    prompt: async (task) => promptOf(task, context),
    request: async (task) => requestOf(task, context),
    secrets: (task, signal) => secretsOf(task, context, signal),
    events: (listener) => watchers.add(listener),
    heldGrants: () => heldBy(context.state()),
    drain: (on) => pause.drain(on),
    openIn: (dna) => heldOpenBy(context.state(), dna),
    room: (dna) => chainCapacity(context.state(), dna),
    leave: (dna, leaving = async () => undefined) => leaveEpoch(dna, context, leaving),
    pauseForOthers: (on) => {
      if (context.state().paused !== on) context.dispatch({ type: 'paused', on })
    },
    allocated: (allocated) => context.dispatch({ type: 'allocated', allocated }),
    pausedForOthers: () => context.state().paused,
    draining: () => context.state().draining,
    hold: (on) => pause.hold(on),
    undrainedCount: () => undrainedGrants(context.state(), context.needs.clock.now()).length,
    waitDrained: (signal) => orAborted(waitDrained(context, signal), signal),
    [Symbol.asyncDispose]: end,
  }
}

async function acknowledged(given: TaskSpec, context: LoopContext, about: PostAbout): Promise<TaskView> {
  const request = { ...given, depends_on: await byHash(given.depends_on, context) }
  const { view } = await findTask(await post(request, context, about), context)
  context.record({ type: 'post_acknowledged', id: view.id, task: view.task })
  return view
}

async function findTask(task: string, context: LoopContext): Promise<OwnTask> {
  const found = await readTask(task, context)
  if (!found) throw new RippleError('RIPPLE_TASK_UNKNOWN', { id: task })
  return found
}

/** Returns open and closed tasks, newest first. A task that is just being recorded may be in both lists. */
async function newestOf(most: number, context: LoopContext): Promise<TaskView[]> {
  const closed = (await newestClosed(most, context)).map(({ view }) => view)
  const tasks = new Map([...closed, ...listOf(context)].map((view) => [view.task, view]))
  return [...tasks.values()].sort((a, b) => b.times.posted_at - a.times.posted_at)
}

function listOf(context: LoopContext): TaskView[] {
  const state = context.state()
  const now = context.needs.clock.now()
  return [...state.open.values(), ...state.closed.values()]
    .sort((a, b) => byAge(a.task, b.task))
    .map((posted) => viewTask(state, posted, now))
}

async function whyOf(task: string, context: LoopContext): Promise<TaskWhy> {
  const open = postedOf(task, context.state())
  if (open) return whyTask(context.state(), open, context.needs.clock.now())
  const { view, peers = [] } = await findTask(task, context)
  const { state, ended, attempts } = view
  return { task: view.task, state, now: null, ended, attempts, waits_for: [], peers }
}

function heldBy(state: MeshState): number {
  return [...state.held.values()].filter(needsEngine).length
}
