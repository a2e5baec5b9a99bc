import { RippleError } from '../../../host/errors/ripple-error.ts'
import type { TaskView } from '../../../host/mesh/view/view.ts'
import type { ActionHash, Millis } from '../../../host/types/events.ts'
import { plainPrompt } from '../../../host/types/inference.ts'
import type { TaskSpec } from '../../../host/work/poster/task-spec.ts'
import type { Work } from '../../../host/work/work.ts'
import type { Waiting } from '../checker/history.ts'
import { modelDigest } from './card.ts'
import type { Daemon } from './daemon.ts'
import type { Prng } from './random.ts'
import type { World } from './world.ts'

const prefers = ['any', 'nearest', 'cheapest', 'fastest'] as const
const strategies = ['locality_aware_binpack', 'weighted_score'] as const

/** A request of the simulation. How it is placed and how urgent it is follow from the sampler's seed. */
export function requestOf(key: string, prompt: string, random: Prng): TaskSpec {
  const max_tokens = random.int(1, 16)
  const seed = random.int(0, 1000)
  const parameters = { max_tokens, temperature_milli: 0, top_p_milli: 1000, top_k: 0, context_tokens: 512 }
  return {
    key,
    payload: plainPrompt(prompt, { parameters, seed }),
    deterministic: true,
    model: { name: 'sim', digest: modelDigest },
    sensitivity: random.chance(0.3) ? 'public' : 'private',
    requirements: { cpu_cores: 0, memory_mib: 0, disk_mib: 0, gpu_count: 0, vram_mib: 0, tags: [] },
    priority: seed % 3 === 0 ? 'background' : 'interactive',
    placement: { prefer: prefers[seed % 4] ?? 'any', strategy: strategies[seed % 2] ?? 'weighted_score' },
    deadlines_ms: { queue: 120_000, run: 60_000, total: random.pick([60_000, 240_000]) },
    lease_ms: random.pick([2_000, 10_000]),
    max_attempts: random.int(1, 5),
    depends_on: [],
    fallback: null,
    only: null,
    force: false,
  }
}

/** How long a client waits for an answer before it asks again with the same key, in milliseconds. */
const patienceMs = 15_000

/**
 * Posts until the daemon says that it has the task, across kills of the daemon. A client that is told that the chain is full
 * comes again when it is told to.
 */
export async function client(world: World, daemon: Daemon, request: TaskSpec): Promise<ActionHash> {
  const comesAgain = (thrown: unknown) => {
    if (!(thrown instanceof RippleError) || thrown.code !== 'RIPPLE_CHAIN_FULL') throw thrown
    world.sentAway += 1
    return Number(thrown.facts.retry_after_s) * 1_000
  }
  const view = await answerOf(world, daemon, { task: null, what: 'a post has no answer' }, (work, signal) =>
    work.post(request, signal).catch(comesAgain),
  )
  return view.task
}

/** Withdraws a task some time after it was posted, and asks until the daemon says how it has ended. */
export async function withdraw(
  world: World,
  daemon: Daemon,
  task: ActionHash,
  afterMs: number,
): Promise<void> {
  await world.clock.sleep(afterMs, new AbortController().signal)
  await answerOf(world, daemon, { task, what: 'a cancel has no answer' }, (work, signal) =>
    work.cancel(task, signal),
  )
}

/** Asks a daemon until it answers: a kill takes the question with it, and a number says after how long to come again. */
async function answerOf(
  world: World,
  daemon: Daemon,
  { task, what }: Pick<Waiting, 'task' | 'what'>,
  ask: (work: Work, signal: AbortSignal) => Promise<TaskView | Millis>,
): Promise<TaskView> {
  const forever = new AbortController().signal
  const asking: Waiting = { agent: daemon.machine.agent, task, what }
  world.asking.add(asking)
  try {
    for (;;) {
      const answer = await Promise.race([
        daemon.up().then((work) => ask(work, forever)),
        world.clock.sleep(patienceMs, forever).then(() => 0),
      ])
      if (typeof answer !== 'number') return answer
      await world.clock.sleep(answer, forever)
    }
  } finally {
    world.asking.delete(asking)
  }
}
