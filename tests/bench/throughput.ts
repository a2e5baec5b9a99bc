import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { limits } from '../../host/limits.ts'
import type { TaskView } from '../../host/operations/context.ts'
import { close, grant, result } from '../tryorama/entries.ts'
import type { Say } from './bench.ts'
import { compare, median, round, spread } from './compare.ts'
import { rawTask } from './entries.ts'
import { type BenchMesh, EPOCHS_KEPT, type Member, openMesh } from './mesh.ts'
import type { RawAgent } from './raw-agent.ts'
import { insist, meet } from './raw-flow.ts'

/** Actions that a task takes, on all chains together: Task, Grant, Result with its link, Close with its link. */
const ACTIONS = 6

interface Values {
  readonly n: number
  readonly open: number
  readonly workers: number
  /** Length of an epoch, in minutes; 0: the network's own. */
  readonly epoch: number
}

/** When each of a block's tasks ended, in milliseconds since the block began, in order. */
type Ends = readonly number[]

/**
 * Measures tasks a second of one poster and some workers, with clients that keep some tasks open, compared with as
 * many tasks written straight to the same conductors at full speed. Each comes in two blocks, in the order A-B-B-A.
 * With epochs of some minutes the daemons roll during the measurement; direct writes stay in the epoch in which they
 * began.
 */
export async function measure({ n, open, workers: count, epoch }: Values, say: Say): Promise<object> {
  const epoch_ms = epoch === 0 ? undefined : epoch * 60_000
  await using mesh = await openMesh(count, { epoch_ms })
  await using stack = new AsyncDisposableStack()
  const poster = stack.use(await mesh.poster.raw())
  const workers: RawAgent[] = []
  for (const worker of mesh.workers) workers.push(stack.use(await worker.raw()))
  for (const worker of workers) await meet(poster, worker)
  const timeout_ms = Math.min(limits.deadlines_ms.total, EPOCHS_KEPT * (epoch_ms ?? limits.epoch_ms))
  const one = () => throughApi(mesh, timeout_ms)
  const ours = () => block(Math.ceil(n / 2), open, one)
  const straight = rawTasks(poster, workers)
  const raw = () => block(Math.ceil(n / 2), open, straight)
  // Every engine has its model loaded and every cell has been called before anything is counted.
  await block(open, open, one)
  say('the daemons are warm')
  await block(2, 1, straight)
  const api: Ends[] = []
  const beside: Ends[] = []
  for (const [name, ends, run] of [
    ['daemons', api, ours],
    ['straight', beside, raw],
    ['straight', beside, raw],
    ['daemons', api, ours],
  ] as const) {
    ends.push(await run())
    say(`${name}: ${rate(ends.at(-1) ?? [])} tasks/s`)
  }
  return {
    tasks_per_second: api.map(rate),
    raw_tasks_per_second: beside.map(rate),
    raw_actions_per_second: beside.map((ends) => round(rate(ends) * ACTIONS)),
    // Of the times between two ends.
    ms_per_task: compare(api.flatMap(gaps), beside.flatMap(gaps)),
    share_of_raw: round(mean(api.map(rate)) / mean(beside.map(rate))),
    share_of_raw_less_engine: round(shareLessEngine(api, beside, mesh.workers)),
    last_third_to_first: api.map(lastToFirst),
    raw_last_third_to_first: beside.map(lastToFirst),
    engine_ms_per_task: spread(mesh.workers.flatMap(runs)),
    epochs: (await mesh.poster.call<{ epochs: unknown[] }>('epoch.ls', {})).epochs.length,
    chain_length: { poster: await mesh.poster.chainLength(), raw_poster: await poster.chainLength() },
  }
}

/** Does so many tasks, `open` at a time. */
async function block(tasks: number, open: number, one: () => Promise<void>): Promise<Ends> {
  const begun = performance.now()
  const ends: number[] = []
  let left = tasks
  const lane = async () => {
    while (left > 0) {
      left -= 1
      await one()
      ends.push(performance.now() - begun)
    }
  }
  await Promise.all(Array.from({ length: open }, lane))
  return ends
}

async function throughApi({ poster }: BenchMesh, timeout_ms: number): Promise<void> {
  const input = { key: randomUUID(), prompt: 'Say yes.', max_tokens: 1, timeout_ms, wait: true }
  const { state } = await poster.call<TaskView>('task.post', input)
  if (state !== 'accepted') throw new TypeError(`a task is ${state}`)
}

/** The same writes; those of one agent wait for each other, because a chain takes one at a time. */
function rawTasks(poster: RawAgent, workers: readonly RawAgent[]): () => Promise<void> {
  const queues = new Map<RawAgent, Promise<unknown>>()
  const write = (agent: RawAgent, entry: Parameters<RawAgent['commit']>[0]): Promise<string> => {
    const before = queues.get(agent) ?? Promise.resolve()
    const turn = before.then(() => insist(() => agent.commit(entry)))
    queues.set(
      agent,
      turn.catch(() => undefined),
    )
    return turn
  }
  let next = 0
  return async () => {
    const worker = workers[next++ % workers.length]
    if (!worker) throw new TypeError('there is no worker')
    const { dnaHash: dna } = poster
    const about = await write(poster, rawTask(dna))
    const granted = await write(poster, grant(dna, about, worker.agent))
    const given = await write(worker, result(dna, about, granted))
    await write(poster, close(dna, about, granted, given))
  }
}

/**
 * Returns the same share without the engines' own time, which raw tasks do not have: its median for each task, spread
 * over the workers. Much of that time passes while other tasks are written, so this is an upper bound for the daemons.
 */
function shareLessEngine(api: readonly Ends[], beside: readonly Ends[], workers: readonly Member[]): number {
  const engine = median(workers.flatMap(runs)) / workers.length
  return 1_000 / mean(beside.map(rate)) / (1_000 / mean(api.map(rate)) - engine)
}

/** How long each run of a worker's engine took, in milliseconds. */
function runs(worker: Member): number[] {
  const begun = new Map<string, number>()
  const took: number[] = []
  for (const event of worker.history()) {
    if (event.type === 'run_started') begun.set(event.grant, event.at)
    if (event.type === 'run_ended') took.push(event.at - (begun.get(event.grant) ?? event.at))
  }
  return took
}

function gaps(ends: Ends): number[] {
  return ends.map((end, index) => end - (ends[index - 1] ?? 0))
}

function rate(ends: Ends): number {
  return round((1_000 * ends.length) / (ends.at(-1) ?? 1))
}

/** Tasks a second in the last third, as a share of those in the first. */
function lastToFirst(ends: Ends): number {
  const third = Math.floor(ends.length / 3)
  const first = ends[third - 1] ?? 1
  const last = (ends.at(-1) ?? 1) - (ends[ends.length - third - 1] ?? 0)
  return round(first / last)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / values.length
}
