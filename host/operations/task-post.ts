/** Defines the verb `task post`. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import {
  ATTEMPTS_MAX,
  DEADLINE_MS_MAX,
  DEPENDS_ON_MAX,
  FALLBACK_AGENTS_MAX,
  LEASE_MS_MAX,
  LEASE_MS_MIN,
} from '../../zomes-bindings/generated/limits.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Principal } from '../types/principal.ts'
import { taskWaitMs } from '../types/task-wait.ts'
import type { Context, FallbackWish, PostRequest, TaskView } from './context.ts'
import { deadlinesOf } from './deadlines.ts'
import { findTask } from './find-task.ts'
import { operation } from './operation.ts'
import { placementCli, placementFields, wishOf } from './placement-input.ts'
import { keyField, promptField } from './request-fields.ts'
import { span, taskLines } from './text.ts'
import { closedStates, taskView } from './views.ts'

const deadline = z.number().int().min(1_000).max(DEADLINE_MS_MAX).nullable().default(null)

/** The bound on a worker's silence in addition to the lease. */
const silence = `${limits.silence_ms / 1_000} s at most once it runs the task, but for the last attempt`

const input = z.strictObject({
  prompt: promptField.describe('what to ask'),
  ...placementFields,
  key: keyField.default(() => randomUUID()),
  max_tokens: z.number().int().min(1).max(limits.max_tokens_max).default(limits.max_tokens_default),
  temperature: z.number().min(0).max(2).default(0),
  seed: z.number().int().min(0).max(0xffff_ffff).default(0),
  timeout_ms: deadline.describe('from the post to the end'),
  queue_timeout_ms: deadline.describe('from when it may start to the first worker'),
  run_timeout_ms: deadline.describe('from when a worker begins to its result'),
  lease_ms: z
    .number()
    .int()
    .min(LEASE_MS_MIN)
    .max(LEASE_MS_MAX)
    .default(limits.lease_ms)
    .describe(`how long a worker may say nothing before another one gets the task; ${silence}`),
  attempts: z.number().int().min(1).max(ATTEMPTS_MAX).default(limits.attempts),
  public: z.boolean().default(false),
  after: z
    .array(z.string().min(1).max(128))
    .max(DEPENDS_ON_MAX)
    .default([])
    .describe('tasks that must be accepted first, by key, hash, or the beginning of one'),
  priority: z
    .enum(['interactive', 'background'])
    .default('interactive')
    .describe('which of two waiting tasks a worker takes first'),
  fallback_after_ms: z
    .number()
    .int()
    .min(1_000)
    .max(DEADLINE_MS_MAX)
    .nullable()
    .default(null)
    .describe('how long this machine must be away before others go on without it'),
  fallback_to: z
    .array(z.string().min(1).max(128))
    .max(FALLBACK_AGENTS_MAX)
    .default([])
    .describe('who may: names or agent keys; none means any for a public task, else all that are known now'),
  force: z.boolean().default(false),
  wait: z.boolean().default(false),
})

/** Posts a prompt; with `wait`, returns once the task has closed. */
export const taskPost = operation<Context, typeof input, typeof taskView>({
  name: 'task.post',
  effect: 'write',
  summary: 'Post a prompt to the mesh',
  examples: [
    'ripple task post --prompt "Why is the sky blue?" --wait',
    'ripple task post --file question.txt --max-tokens 64 --json',
    'echo "Name three rivers." | ripple task post - --wait',
    'ripple task post --prompt "Now the longest of them." --after 3f1c9a2e',
    'ripple task post --prompt "I close the laptop now." --fallback-after 5m --timeout 24h',
    'ripple task post --file long.txt --priority background --prefer cheapest',
    'ripple task post --prompt "Hurry." --prefer fastest --strategy weighted_score --memory-mib 8192',
  ],
  input,
  output: taskView,
  cli: {
    prompt: [
      { as: '--prompt <TEXT>', about: 'what to ask', kind: 'prompt' },
      { as: '--file <FILE>', about: 'read it from a file', kind: 'prompt-file' },
      { as: '[-]', about: 'read it from standard input', kind: 'prompt-stdin' },
    ],
    ...placementCli,
    key: { as: '--key <KEY>', about: 'idempotency key: the same key never posts twice' },
    max_tokens: { as: '--max-tokens <N>', about: 'most tokens to generate', kind: 'number' },
    temperature: { as: '--temperature <T>', about: '0 is deterministic', kind: 'number' },
    seed: { as: '--seed <N>', about: 'seed of the sampler', kind: 'number' },
    timeout_ms: {
      as: '--timeout <TIME>',
      about: "the task's whole life, such as 90s or 5m (1h)",
      kind: 'duration',
    },
    queue_timeout_ms: {
      as: '--queue-timeout <TIME>',
      about:
        'how long it may wait for its first worker once it may start (as --timeout says, else 10m); after a lost worker it waits as long as it lives',
      kind: 'duration',
    },
    run_timeout_ms: {
      as: '--run-timeout <TIME>',
      about: 'how long one worker may run it; then another gets it (10m, and no more than --timeout)',
      kind: 'duration',
    },
    lease_ms: {
      as: '--lease <TIME>',
      about: `how long a worker may be silent before another gets the task; ${silence}`,
      kind: 'duration',
    },
    attempts: {
      as: '--attempts <N>',
      about: 'grants that the task may use up, those that a worker gives back unrun included',
      kind: 'number',
    },
    public: { as: '--public', about: 'prompt and output need no secrecy', kind: 'boolean' },
    after: { as: '--after <IDS>', about: 'start when these tasks are accepted (a,b,c)', kind: 'list' },
    priority: {
      as: '--priority <WHICH>',
      about: 'interactive, or background: it takes its turn as if it had come a minute later',
    },
    fallback_after_ms: {
      as: '--fallback-after <TIME>',
      about:
        'let others run it when this machine has been away so long, unless its --attempts are spent by then',
      kind: 'duration',
    },
    fallback_to: {
      as: '--fallback-to <PEERS>',
      about: `who may: names or agent keys (a,b,c), ${FALLBACK_AGENTS_MAX} at most; else all that are known`,
      kind: 'list',
    },
    force: {
      as: '--force',
      about:
        'post it although no known machine, or one of --fallback-to, can ever run it: one that can may join',
      kind: 'boolean',
    },
    wait: { as: '--wait', about: 'wait for the answer', kind: 'boolean' },
  },
  key: (given) => given.key,
  waits: (given) => given.wait,
  run: post,
  render: (task, screen) =>
    task.output?.text != null
      ? { lines: [task.output.text], notes: taskLines(task, screen) }
      : {
          lines: taskLines(task, screen),
          notes: closedStates.has(task.state)
            ? []
            : [`follow it with 'ripple task show ${task.id}'`, ...leavingNotes(task)],
        },
  exit: ({ state, ended }) => {
    if (ended?.why === 'refused') return 4
    return state === 'expired' ? 5 : state === 'failed' || state === 'cancelled' ? 1 : 0
  },
})

async function post(
  context: Context,
  given: z.output<typeof input>,
  signal: AbortSignal,
  principal: Principal,
): Promise<TaskView> {
  const deadlines_ms = deadlinesOf(given)
  const request: PostRequest = {
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
    after: [...new Set(await Promise.all(given.after.map((id) => findTask(context, id))))],
    priority: given.priority,
    fallback: fallbackWish(given, deadlines_ms.total),
    force: given.force,
    principal,
  }
  const posted = await context.tasks.post(request, signal)
  if (!given.wait) return posted.fallback_after_ms === null ? posted : held(context, posted, signal)
  await closed(context, posted, request, signal)
  return context.tasks.show(posted.task, signal)
}

/** Returns the wish for stand-ins. Throws `RIPPLE_FALLBACK_INVALID` if they could never take over. */
function fallbackWish(
  { fallback_after_ms: after_ms, fallback_to: to }: z.output<typeof input>,
  total: number,
): FallbackWish | null {
  if (after_ms === null && to.length === 0) return null
  if (after_ms === null)
    throw new RippleError('RIPPLE_FALLBACK_INVALID', { detail: 'it is not said after how long' })
  if (after_ms < total) return { after_ms, to }
  const detail = `its --fallback-after of ${span(after_ms)} is not shorter than its --timeout of ${span(total)}`
  throw new RippleError('RIPPLE_FALLBACK_INVALID', { detail })
}

/** Says when this machine may leave: a peer must hold the task, and a stand-in must be able to run it. */
function leavingNotes({ id, held_by, stand_ins, fallback_after_ms }: TaskView): string[] {
  if (fallback_after_ms === null) return []
  if (stand_ins === 0)
    return ['no other machine can run it now: it waits until one that can is there, or this machine is back']
  return held_by && stand_ins
    ? [`this machine may leave: others go on once it has been away for ${span(fallback_after_ms)}`]
    : [`it is not known to be held by a peer yet: ask 'ripple task show ${id}' before this machine leaves`]
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

/**
 * Resolves when a task has closed. The caller's signal ends the wait, never the task. Rejects with `RIPPLE_TIMEOUT`
 * when the task is overdue.
 */
async function closed(
  context: Context,
  task: TaskView,
  request: PostRequest,
  signal: AbortSignal,
): Promise<void> {
  const ms = taskWaitMs(request)
  const wait = Promise.withResolvers<void>()
  const looked = (state: string): void => {
    if (closedStates.has(state)) wait.resolve()
  }
  const unfollow = context.events.follow(0, (event) => {
    if (event.key === task.id && event.kind === 'state') looked(event.text)
  })
  const onOverdue = (): void => wait.reject(new RippleError('RIPPLE_TIMEOUT', { what: 'the task', ms }))
  const overdue = setTimeout(onOverdue, ms)
  const onAbort = (): void => wait.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    if (signal.aborted) onAbort()
    looked((await context.tasks.show(task.task, signal)).state)
    await wait.promise
  } finally {
    unfollow()
    clearTimeout(overdue)
    signal.removeEventListener('abort', onAbort)
  }
}
