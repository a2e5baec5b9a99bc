import type { ActionHash } from '../../../host/types/events.ts'
import type { PostRequest } from '../../../host/work/post.ts'
import { modelDigest } from './card.ts'
import type { Daemon } from './daemon.ts'
import type { Prng } from './random.ts'
import type { World } from './world.ts'

const prefers = ['any', 'nearest', 'cheapest', 'fastest'] as const
const strategies = ['locality_aware_binpack', 'weighted_score'] as const

/** A request of the simulation. How it is placed and how urgent it is follow from the sampler's seed. */
export function requestOf(key: string, prompt: string, random: Prng): PostRequest {
  const max_tokens = random.int(1, 16)
  const seed = random.int(0, 1000)
  return {
    key,
    prompt,
    model: { name: 'sim', digest: modelDigest },
    parameters: { max_tokens, temperature_milli: 0, top_p_milli: 1000, top_k: 0, context_tokens: 512 },
    seed,
    sensitivity: random.chance(0.3) ? 'public' : 'private',
    requirements: { cpu_cores: 0, memory_mib: 0, disk_mib: 0, gpu_count: 0, vram_mib: 0, tags: [] },
    priority: seed % 3 === 0 ? 'background' : 'interactive',
    placement: { prefer: prefers[seed % 4] ?? 'any', strategy: strategies[seed % 2] ?? 'weighted_score' },
    deadlines_ms: { queue: 120_000, run: 60_000, total: random.pick([60_000, 240_000]) },
    lease_ms: random.pick([2_000, 10_000]),
    max_attempts: random.int(1, 5),
    depends_on: [],
    fallback: null,
    force: false,
  }
}

/** How long a client waits for an answer before it asks again with the same key, in milliseconds. */
const patienceMs = 15_000

/** Posts until the daemon says that it has the task, across kills of the daemon; then cancels it, if it is asked to. */
export async function client(
  world: World,
  daemon: Daemon,
  request: PostRequest,
  cancelAfterMs: number | null,
): Promise<ActionHash> {
  const forever = new AbortController().signal
  for (;;) {
    const task = await Promise.race([
      daemon.up().then((work) => work.post(request, forever)),
      world.clock.sleep(patienceMs, forever).then(() => null),
    ])
    if (!task) continue
    if (cancelAfterMs !== null) void cancel(world, daemon, task.task, cancelAfterMs)
    return task.task
  }
}

async function cancel(world: World, daemon: Daemon, task: ActionHash, afterMs: number): Promise<void> {
  const forever = new AbortController().signal
  await world.clock.sleep(afterMs, forever)
  const work = await daemon.up()
  await work.cancel(task, forever)
}
