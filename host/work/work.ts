/** Opens the work of one daemon. */
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import { type MeshCore, meshCore } from '../mesh/core.ts'
import { type Forecast, forecast } from '../mesh/placement/forecast.ts'
import type { Ranked } from '../mesh/placement/rank.ts'
import { standInOrder } from '../mesh/placement/standby.ts'
import { byAge } from '../mesh/state/chain.ts'
import type { Happening } from '../mesh/state/events.ts'
import { needsEngine } from '../mesh/state/held.ts'
import { inHand } from '../mesh/state/in-hand.ts'
import { heldOpenBy } from '../mesh/state/leaving.ts'
import { type ChainRoom, canClose, chainRoom } from '../mesh/state/room.ts'
import { emptyState, type MeshState } from '../mesh/state/state.ts'
import { type TaskView, viewTask } from '../mesh/view/view.ts'
import { type TaskWhy, whyTask } from '../mesh/view/why.ts'
import { PeerQuota } from '../net/peer-quota.ts'
import { Loop } from '../planning/loop.ts'
import { type HistoryFact, retried } from '../telemetry/history.ts'
import type { Decision } from '../types/decision.ts'
import type { ActionHash, AgentKey, DnaHash, MeshEvent } from '../types/events.ts'
import { orAborted } from '../types/or-aborted.ts'
import { act } from './act.ts'
import { AnswerTexts } from './context/answer-texts.ts'
import type { WorkConfig } from './context/config.ts'
import { FallbackLists } from './context/fallback-lists.ts'
import { Handed } from './context/handed.ts'
import type { Hands, WorkNeeds } from './context/hands.ts'
import { HeadStarts } from './context/head-start.ts'
import { RefusedTasks } from './context/refused-tasks.ts'
import { sealReady } from './context/seal.ts'
import { Watchers, type WorkEvent } from './context/watchers.ts'
import { WriteQueue } from './context/writes.ts'
import { handsFree } from './hands-free.ts'
import { giving } from './messages/give-event.ts'
import { send } from './messages/send.ts'
import { Pause } from './pause.ts'
import { mayPost } from './poster/ask-policy.ts'
import { endHeadStart, type Shown } from './poster/begin-early.ts'
import { byHash } from './poster/depend.ts'
import { givingPayloads } from './poster/give-payload.ts'
import { leaveEpoch } from './poster/leave-epoch.ts'
import { draftOf, type PostAbout, post } from './poster/post.ts'
import { PostQueue } from './poster/post-queue.ts'
import { chainFull } from './poster/refuse.ts'
import { promptOf, secretsOf, type TaskSecrets } from './poster/secrets.ts'
import type { TaskSpec } from './poster/task-spec.ts'
import { answering, receive } from './receive.ts'
import {
  closedBeginning,
  newestClosed,
  postedOf,
  readTask,
  recordedOf,
  type TaskRecord,
} from './records/task-record.ts'
import { restore } from './restore.ts'
import { stop } from './stop.ts'

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
  /** Returns one own task, open or closed. Rejects with `RIPPLE_TASK_UNKNOWN`. */
  show(task: string): Promise<TaskView>
  /** Returns the newest closed own tasks, newest first, and at most `most`. */
  newestClosed(most: number): Promise<readonly TaskView[]>
  /** Returns the newest closed own tasks of the open epochs, whose answers this machine can still reveal itself. */
  newestRevealed(): Promise<readonly TaskView[]>
  /** Returns the hashes of closed own tasks whose hash or key begins with `prefix`: two at most. */
  closedBeginning(prefix: string): Promise<readonly ActionHash[]>
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
  room(dna: DnaHash): ChainRoom
  /** Leaves an epoch, as `leaveEpoch` does. */
  leave(dna: DnaHash, leaving?: (view: TaskView) => Promise<void>): Promise<void>
  /** Takes nothing new from others, and continues own tasks and all that has begun; `false` ends the pause. */
  pauseForOthers(on: boolean): void
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
  inHand(): number
  /**
   * Resolves when nothing is left to run, to write or to hand over. A result whose poster is away does not count, nor one
   * that its poster has left open for `limits.drain_handover_ms`: both are kept for a later start.
   */
  handsFree(signal: AbortSignal): Promise<void>
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
  const { loop, hands } = assemble(needs, config, over, watchers, core)
  const peersSeen = () => hands.dispatch({ type: 'peers_seen', peers: needs.peers(), at: needs.clock.now() })
  // Peers answer the first beat while the state is being restored, and then say nothing for half a minute.
  const offPeers = needs.onPeers(peersSeen)
  peersSeen()
  try {
    await restore(hands)
  } finally {
    signal.removeEventListener('abort', cancel)
  }
  const offMessages = needs.messages.onMessage((from, message) => {
    return over.aborted ? undefined : receive(from, message, hands)
  })
  hands.record({ type: 'started' })
  const pause = new Pause(hands, loop)
  if (needs.held) await pause.hold(true)
  else loop.start()
  const end = async () => {
    // A hold that is just being ended must not start the loop again.
    await pause.hold(true)
    await stop(hands, loop)
    offPeers()
    offMessages()
    ending.abort(new RippleError('RIPPLE_INTERRUPTED'))
    await loop.idle()
  }
  return workOf(hands, watchers, pause, end)
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
  const record = (fact: HistoryFact) => needs.record({ ...fact, agent: dht.agent, at: clock.now() })
  const loop = new Loop(emptyState(dht.agent, config), {
    planner: core,
    clock,
    signal,
    act: (action) => act(action, hands),
    changed: (before, after, happening) => {
      watchers.changed(before, after, happening)
      const closed = happening.type === 'committed' && happening.event.entry.type === 'Close'
      if (!closed) return
      texts.drop(happening.event.entry.task)
      endHeadStart(happening.event.entry.task, hands)
    },
    planned: (state, subject) => watchers.looked(state, subject),
    failed: (action, error) => record(retried(action.type, error)),
  })
  const dispatch = (happening: Happening) => loop.dispatch(happening)
  const seen: ConstructorParameters<typeof WriteQueue>[4] = (event, known) =>
    dispatch({ type: 'committed', event, at: clock.now(), known })
  const unanswered = (what: string, error: RippleError) => record(retried(what, error))
  const recorded = (events: readonly MeshEvent[]) => recordedOf(events, needs.journal)
  const hands: Hands = {
    core,
    needs,
    bounds: config,
    writes: new WriteQueue(dht, clock, random, signal, seen, unanswered, recorded),
    signal,
    lists: new FallbackLists(),
    handed: new Handed(),
    giving: new PeerQuota(giving),
    givingPayloads: new PeerQuota(givingPayloads),
    answering: new PeerQuota(answering),
    texts,
    refusedTasks: new RefusedTasks(clock),
    headStarts: new HeadStarts(),
    runs: new Map(),
    state: () => loop.state,
    dispatch,
    send: (to, message) => send(to, message, hands, receive),
    record,
    failpoint: needs.failpoint ?? (() => {}),
    told: (piece) => watchers.told(piece),
  }
  return { loop, hands }
}

function workOf(hands: Hands, watchers: Watchers, pause: Pause, end: () => Promise<void>): Work {
  const find = (task: string) => findTask(task, hands)
  const closed = (task: ActionHash, signal: AbortSignal) =>
    watchers.closed(task, async () => (await find(task)).view, signal)
  const posts = new PostQueue(limits.posts_waiting_max)
  return {
    // One at a time: two posts with one key must not pass each other between the look and the write.
    post: async (request, signal, shown) => {
      const lost = hands.needs.lost?.()
      const turn = posts.take(() => acknowledged(request, hands, { lost, shown }), lost)
      return orAborted(turn, signal)
    },
    mayPost: (request) => mayPost(draftOf(request, hands).task, request, hands),
    refusedHere: (task) => hands.refusedTasks.of(task),
    find: async (task) => (await readTask(task, hands))?.view ?? null,
    list: () => listOf(hands),
    show: async (task) => (await find(task)).view,
    newestClosed: async (most) => (await newestClosed(most, hands)).map(({ view }) => view),
    newestRevealed: async () =>
      (await newestClosed(limits.past_listed, hands))
        .filter(({ dna }) => hands.state().heads.has(dna ?? ''))
        .map(({ view }) => view),
    closedBeginning: (prefix) => closedBeginning(prefix, hands),
    why: (task) => whyOf(task, hands),
    standIns: (task) => {
      const posted = postedOf(task, hands.state())
      return posted ? standInOrder(hands.state(), posted.task, hands.needs.clock.now()) : []
    },
    forecast: (entry) => forecast(hands.state(), entry, hands.needs.clock.now()),
    cancel: async (task, signal) => {
      const { view, dna = '' } = await find(task)
      if (view.close) return view
      // Nothing could end that wait.
      if (!canClose(hands.state(), dna)) throw chainFull(hands.state(), hands.needs.clock.now(), false)
      hands.record({ type: 'cancel_asked', task: view.task })
      hands.dispatch({ type: 'cancel_wanted', task: view.task })
      return closed(view.task, signal)
    },
    wait: async (task, signal) => closed((await find(task)).view.task, signal),
    textOf: (task) => hands.texts.get(task),
    prompt: async (task) => promptOf(task, hands),
    secrets: (task, signal) => secretsOf(task, hands, signal),
    events: (listener) => watchers.add(listener),
    heldGrants: () => heldBy(hands.state()),
    drain: (on) => pause.drain(on),
    openIn: (dna) => heldOpenBy(hands.state(), dna),
    room: (dna) => chainRoom(hands.state(), dna),
    leave: (dna, leaving = async () => undefined) => leaveEpoch(dna, hands, leaving),
    pauseForOthers: (on) => {
      if (hands.state().paused !== on) hands.dispatch({ type: 'paused', on })
    },
    pausedForOthers: () => hands.state().paused,
    draining: () => hands.state().draining,
    hold: (on) => pause.hold(on),
    inHand: () => inHand(hands.state(), hands.needs.clock.now()).length,
    handsFree: (signal) => orAborted(handsFree(hands, signal), signal),
    [Symbol.asyncDispose]: end,
  }
}

async function acknowledged(given: TaskSpec, hands: Hands, about: PostAbout): Promise<TaskView> {
  const request = { ...given, depends_on: await byHash(given.depends_on, hands) }
  const { view } = await findTask(await post(request, hands, about), hands)
  hands.record({ type: 'post_acknowledged', id: view.id, task: view.task })
  return view
}

async function findTask(task: string, hands: Hands): Promise<TaskRecord> {
  const found = await readTask(task, hands)
  if (!found) throw new RippleError('RIPPLE_TASK_UNKNOWN', { id: task })
  return found
}

function listOf(hands: Hands): TaskView[] {
  const state = hands.state()
  const now = hands.needs.clock.now()
  return [...state.open.values(), ...state.closed.values()]
    .sort((a, b) => byAge(a.task, b.task))
    .map((posted) => viewTask(state, posted, now))
}

async function whyOf(task: string, hands: Hands): Promise<TaskWhy> {
  const open = postedOf(task, hands.state())
  if (open) return whyTask(hands.state(), open, hands.needs.clock.now())
  const { view, peers = [] } = await findTask(task, hands)
  const { state, ended, attempts } = view
  return { task: view.task, state, now: null, ended, attempts, waits_for: [], peers }
}

function heldBy(state: MeshState): number {
  return [...state.held.values()].filter(needsEngine).length
}
