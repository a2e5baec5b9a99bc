/** Posts a task, and waits until it is closed. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { Principal } from '../../types/principal.ts'
import { taskWaitMs } from '../../types/task-wait.ts'
import type { Context, FallbackWish, TaskView, TaskWish, Wish } from '../context.ts'
import { span } from '../text.ts'
import { deadlinesOf } from './deadlines.ts'
import { findTask } from './find.ts'
import type { taskPlan, taskPost } from './shape.ts'
import { closedStates } from './view.ts'
import { closesWithin } from './wait.ts'

/** Returns the wishes for the worker that a request's fields express. */
export function wishOf(given: z.output<typeof taskPlan.input>): Wish {
  const { model, prefer, strategy, cores, memory_mib, disk_mib, gpus, vram_mib, tags } = given
  return {
    model,
    placement: { prefer, strategy },
    requirements: {
      cpu_cores: cores,
      memory_mib,
      disk_mib,
      gpu_count: gpus,
      vram_mib,
      tags: [...new Set(tags)],
    },
  }
}

/** Posts a task, and waits for its end if that is asked for. */
export async function post(
  context: Context,
  given: z.output<typeof taskPost.input>,
  signal: AbortSignal,
  principal: Principal,
): Promise<TaskView> {
  const deadlines_ms = deadlinesOf(given)
  const wish: TaskWish = {
    key: given.key,
    prompt: given.prompt,
    ...wishOf(given),
    max_tokens: given.max_tokens,
    temperature_milli: Math.round(given.temperature * 1_000),
    seed: given.seed,
    deadlines_ms,
    lease_ms: given.lease_ms,
    max_attempts: given.attempts,
    public: given.public,
    depends_on: [...new Set(await Promise.all(given.after.map((id) => findTask(context, id))))],
    priority: given.priority,
    fallback: fallbackWish(given, deadlines_ms.total),
    force: given.force,
    principal,
  }
  const posted = await context.tasks.post(wish, signal)
  if (!given.wait) return posted.fallback_after_ms === null ? posted : held(context, posted, signal)
  const ms = taskWaitMs(wish)
  if (!(await closesWithin(context, posted.task, ms, signal)))
    throw new RippleError('RIPPLE_TIMEOUT', { what: 'the task', ms })
  return context.tasks.show(posted.task, signal)
}

/** Returns the wish for stand-ins. Throws `RIPPLE_FALLBACK_INVALID` if they could never take over. */
function fallbackWish(
  { fallback_after_ms: after_ms, fallback_to: to }: z.output<typeof taskPost.input>,
  total: number,
): FallbackWish | null {
  if (after_ms === null && to.length === 0) return null
  if (after_ms === null)
    throw new RippleError('RIPPLE_FALLBACK_INVALID', { detail: 'it is not said after how long' })
  if (after_ms < total) return { after_ms, to }
  const detail = `its --fallback-after of ${span(after_ms)} is not shorter than its --timeout of ${span(total)}`
  throw new RippleError('RIPPLE_FALLBACK_INVALID', { detail })
}

/**
 * Returns the task with the number of peers that hold it. A peer reports that a moment after the post, so it is polled
 * for at most `limits.held_look_ms`. The result then is the last state seen.
 */
async function held(context: Context, posted: TaskView, signal: AbortSignal): Promise<TaskView> {
  const enough = AbortSignal.any([signal, AbortSignal.timeout(limits.held_look_ms)])
  let seen = posted
  try {
    for (;;) {
      seen = await context.tasks.show(posted.task, enough)
      if (seen.held_by || closedStates.has(seen.state)) return seen
      await sleep(limits.held_ask_ms, undefined, { signal: enough })
    }
  } catch {
    // The task is posted, even if the look failed.
    return seen
  }
}
