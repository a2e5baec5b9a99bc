import { setTimeout as sleep } from 'node:timers/promises'
import { limits } from '../../host/limits.ts'
import type { TaskView } from '../../host/operations/context.ts'
import type { ActionHash, Millis } from '../../host/types/events.ts'
import type { Prng } from '../harness/sim/random.ts'
import { CallError } from './calls.ts'
import type { Peer } from './peer.ts'
import type { World } from './world.ts'

/** Patience of a client with one call, its pause before it calls again, how often it looks and how often it asks, in ms. */
const times = { call: 15_000, again: 500, look: 200, ask: 5_000, receipt: 60_000 }

/**
 * How many tasks follow another, are cancelled, have a longer lease, may wait, may go on without their poster, and have no
 * more attempts than a task has by default.
 */
const chances = { follows: 0.1, cancelled: 0.03, patient: 0.3, background: 0.2, fallback: 0.2, usual: 0.5 }
/** How much longer a longer lease is, the attempts of other tasks, and how long a poster may be away, in milliseconds. */
const PATIENCE = 3
const ATTEMPTS = 16
const AWAY_MS = [1_000, 20_000] as const

/** The requests of the clients and their options. */
export interface LoadOptions {
  readonly tasks: number
  /** Tasks that the clients of one peer keep open at a time. */
  readonly open: number
  readonly seed: number
  readonly lease_ms: number
  readonly random: Prng
  /** Whether the next task may be posted, so that tasks and kills keep step. */
  readonly inStep: (posted: number) => boolean
  /** Whether no further task is to be posted, however few there were. */
  readonly enough: () => boolean
}

/** The state that the clients share. */
export interface Load {
  posted: number
  /** Tasks that a client was told stand on the chain, with the client's key. */
  readonly acknowledged: Map<ActionHash, { readonly key: string; readonly peer: Peer; readonly at: Millis }>
  /** When a client asked for a task to be withdrawn: a full disk may have kept its daemon from saying so. */
  readonly withdrawn: Map<ActionHash, Millis>
  /** The final refusals of the daemons, by code. */
  readonly refused: Map<string, number>
  /** Calls that had to be made again, by code. */
  readonly again: Map<string, number>
}

/** Posts tasks at all peers until there are enough, and resolves when all of them are closed. */
export function offerLoad(world: World, options: LoadOptions): { load: Load; ended: Promise<unknown> } {
  const load: Load = {
    posted: 0,
    acknowledged: new Map(),
    withdrawn: new Map(),
    refused: new Map(),
    again: new Map(),
  }
  const clients = world.peers.flatMap((peer) =>
    Array.from({ length: options.open }, () => client(world, peer, options.random.fork(), options, load)),
  )
  const ended = Promise.all(clients)
  ended.catch(() => {})
  return { load, ended }
}

async function client(
  world: World,
  peer: Peer,
  random: Prng,
  options: LoadOptions,
  load: Load,
): Promise<void> {
  const timeout_ms = Math.min(world.lifeMs, limits.deadlines_ms.total)
  let last: ActionHash | null = null
  while (load.posted < options.tasks && !options.enough()) {
    if (!options.inStep(load.posted)) {
      await sleep(times.look, undefined, { signal: world.signal })
      continue
    }
    load.posted += 1
    const input = inputOf(
      load.posted,
      last !== null && random.chance(chances.follows) ? last : null,
      random,
      options,
    )
    const task = await insist(
      () => peer.call<TaskView>('task.post', { ...input, timeout_ms }, times.call),
      world,
      load,
    )
    if (!task) continue
    load.acknowledged.set(task.task, { key: input.key, peer, at: Date.now() })
    last = task.task
    if (random.chance(chances.cancelled)) void cancel(world, peer, task.task, random, load)
    await untilClosed(world, peer, task.task)
    await untilReceipt(world, peer, task.task)
  }
}

/** Resolves when a task has ended. A daemon that is killed as it writes the Close has not told its history of it. */
async function untilClosed(world: World, peer: Peer, task: ActionHash): Promise<void> {
  for (let at = times.look; !world.closed.has(task); at += times.look) {
    await sleep(times.look, undefined, { signal: world.signal })
    if (at % times.ask !== 0) continue
    const seen = await show(peer, task)
    if (seen && seen.times.closed_at !== null) world.closed.add(task)
  }
}

/** Resolves when an accepted task has its receipt, which is tried again for a while when something of it is not there yet. */
async function untilReceipt(world: World, peer: Peer, task: ActionHash): Promise<void> {
  for (let at = 0; at < times.receipt; at += times.again) {
    const seen = await show(peer, task)
    if (seen && (seen.state !== 'accepted' || seen.receipt !== null)) return
    await sleep(times.again, undefined, { signal: world.signal })
  }
}

/** A task as its daemon shows it; null when that does not answer now. */
function show(peer: Peer, task: ActionHash): Promise<TaskView | null> {
  return peer.call<TaskView>('task.show', { id: task }, times.call).catch(() => null)
}

/** The lease of a patient task. */
export function longestLease(lease_ms: Millis): Millis {
  return PATIENCE * lease_ms
}

function inputOf(number: number, after: ActionHash | null, random: Prng, options: LoadOptions) {
  return {
    key: `chaos-${options.seed}-${number}`.padEnd(24, '-'),
    prompt: `Count from ${number} to ${number + 20}.`,
    max_tokens: random.chance(0.2) ? 96 : random.int(8, 24),
    lease_ms: random.chance(chances.patient) ? longestLease(options.lease_ms) : options.lease_ms,
    ...(random.chance(chances.usual) ? {} : { attempts: ATTEMPTS }),
    priority: random.chance(chances.background) ? 'background' : 'interactive',
    fallback_after_ms: random.chance(chances.fallback) ? random.int(...AWAY_MS) : null,
    after: after === null ? [] : [after],
  }
}

async function cancel(world: World, peer: Peer, task: ActionHash, random: Prng, load: Load): Promise<void> {
  await sleep(random.int(100, 3_000), undefined, { signal: world.signal }).catch(() => {})
  const withdraw = () => peer.call('task.cancel', { id: task }, times.call)
  if (world.signal.aborted) return
  load.withdrawn.set(task, Date.now())
  await insist(withdraw, world, load).catch(() => {})
}

/** Codes that another try would get again. */
const final = new Set([
  'RIPPLE_TASK_NEVER_READY',
  'RIPPLE_TASK_CONFLICT',
  'RIPPLE_BODY_INVALID',
  'RIPPLE_TASK_UNKNOWN',
])

/** Calls until there is an answer, as a client does whose daemon was killed: with the same key. Null: refused for good. */
async function insist<T>(call: () => Promise<T>, world: World, load: Load): Promise<T | null> {
  for (;;) {
    world.signal.throwIfAborted()
    try {
      return await call()
    } catch (thrown) {
      if (!(thrown instanceof CallError)) throw thrown
      const into = final.has(thrown.code) ? load.refused : load.again
      into.set(thrown.code, (into.get(thrown.code) ?? 0) + 1)
      if (final.has(thrown.code)) return null
    }
    await sleep(times.again, undefined, { signal: world.signal })
  }
}
