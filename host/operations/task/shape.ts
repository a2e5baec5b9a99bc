/** Defines the operations on tasks. */
import { z } from 'zod'
import {
  ATTEMPTS_MAX,
  DEADLINE_MS_MAX,
  DEPENDS_ON_MAX,
  FALLBACK_AGENTS_MAX,
  LEASE_MS_MAX,
  LEASE_MS_MIN,
} from '../../../zomes-bindings/generated/limits.ts'
import { limits } from '../../limits.ts'
import { defineOperation } from '../operation.ts'
import { madeKeyField, pathField, promptField } from '../request-fields.ts'
import { placementFields, placementFlags } from './placement.ts'
import { planView, taskStates, taskView, whyView } from './view.ts'

/** Milliseconds of a minute. */
const MINUTE_MS = 60_000

const deadline = z.number().int().min(1_000).max(DEADLINE_MS_MAX).nullable().default(null)

const postInput = z.strictObject({
  prompt: promptField.describe('the text for the model'),
  ...placementFields,
  key: madeKeyField.describe('idempotency key: the same key never posts twice; if left out, a random one'),
  max_tokens: z
    .number()
    .int()
    .min(1)
    .max(limits.max_tokens_max)
    .default(limits.max_tokens_default)
    .describe('most tokens to generate'),
  temperature: z.number().min(0).max(2).default(0).describe('randomness of the sampler; 0 is deterministic'),
  seed: z.number().int().min(0).max(0xffff_ffff).default(0).describe('seed of the sampler'),
  timeout_ms: deadline.describe(
    `longest time from the post to the end; if left out, ${limits.deadlines_ms.total / MINUTE_MS} min`,
  ),
  queue_timeout_ms: deadline.describe(
    `longest wait for the first worker once the task may start; if left out, timeout_ms, else ${limits.deadlines_ms.queue / MINUTE_MS} min`,
  ),
  run_timeout_ms: deadline.describe(
    `longest run of one worker, after which another gets the task; if left out, ${limits.deadlines_ms.run / MINUTE_MS} min, and at most timeout_ms`,
  ),
  lease_ms: z
    .number()
    .int()
    .min(LEASE_MS_MIN)
    .max(LEASE_MS_MAX)
    .default(limits.lease_ms)
    .describe(
      `longest silence of a worker, after which another gets the task; once the task runs, ${limits.silence_ms / 1_000} s at most, except in the last attempt`,
    ),
  attempts: z
    .number()
    .int()
    .min(1)
    .max(ATTEMPTS_MAX)
    .default(limits.attempts)
    .describe('most grants, including those that a worker returns before it runs the task'),
  public: z.boolean().default(false).describe('whether prompt and output need no secrecy'),
  after: z
    .array(z.string().min(1).max(128))
    .max(DEPENDS_ON_MAX)
    .default([])
    .describe('tasks that must be accepted first, by key, hash, or the beginning of one'),
  priority: z
    .enum(['interactive', 'background'])
    .default('interactive')
    .describe('background: a worker takes it as if it had come a minute later'),
  fallback_after_ms: z
    .number()
    .int()
    .min(1_000)
    .max(DEADLINE_MS_MAX)
    .nullable()
    .default(null)
    .describe(
      'how long this machine must be away before others run the task without it, if attempts are left; shorter than timeout_ms',
    ),
  fallback_to: z
    .array(z.string().min(1).max(128))
    .max(FALLBACK_AGENTS_MAX)
    .default([])
    .describe(
      'machines that may do so, by name or agent key; if empty, any for a public task, else all that are known now',
    ),
  force: z
    .boolean()
    .default(false)
    .describe(
      'post it even if no known machine, or one of fallback_to, can ever run it: one that can may join',
    ),
  wait: z.boolean().default(false).describe('answer when the task is closed'),
})

/** Posts a prompt; with `wait`, returns once the task has closed. */
export const taskPost = defineOperation({
  name: 'task.post',
  title: 'Post a task',
  summary: 'Post a prompt to the mesh',
  description:
    'Posts a prompt as a task that a machine of the mesh runs, and returns the task. Use it for work with deadlines, requirements, dependencies or stand-ins; for a quick question, use ask. Without wait it returns at once: read the answer later with task.show. The same key never posts twice. It costs up to max_tokens tokens of a machine in each of its attempts.',
  effect: 'write',
  idempotent: 'by key',
  input: postInput,
  output: taskView,
  errors: [
    'RIPPLE_PROMPT_EMPTY',
    'RIPPLE_PROMPT_ENCODING',
    'RIPPLE_PROMPT_TOO_LARGE',
    'RIPPLE_DEADLINE_INVALID',
    'RIPPLE_FALLBACK_INVALID',
    'RIPPLE_FALLBACK_INFEASIBLE',
    'RIPPLE_TASK_UNKNOWN',
    'RIPPLE_TASK_CONFLICT',
    'RIPPLE_TASK_INFEASIBLE',
    'RIPPLE_TASK_NEVER_READY',
    'RIPPLE_TASK_TOO_LONG',
    'RIPPLE_PEER_UNKNOWN',
    'RIPPLE_MODEL_UNKNOWN',
    'RIPPLE_MODEL_MISSING',
    'RIPPLE_POLICY_REFUSED',
    'RIPPLE_BUSY',
    'RIPPLE_CHAIN_FULL',
    'RIPPLE_CHAIN_BEHIND',
    'RIPPLE_KEY_IN_USE',
    'RIPPLE_DISK_FULL',
    'RIPPLE_CONDUCTOR_DOWN',
    'RIPPLE_DHT_REFUSED',
    'RIPPLE_DHT_UNAVAILABLE',
    'RIPPLE_TIMEOUT',
  ],
  progress: 'key',
  waits: ({ wait }) => wait,
  examples: [
    'ripple task post --prompt "Why is the sky blue?" --wait',
    'ripple task post --file question.txt --max-tokens 64 --json',
    'echo "Name three rivers." | ripple task post - --wait',
    'ripple task post --prompt "Now the longest of them." --after 3f1c9a2e',
    'ripple task post --prompt "I close the laptop now." --fallback-after 5m --timeout 24h',
    'ripple task post --file long.txt --priority background --prefer cheapest',
    'ripple task post --prompt "Hurry." --prefer fastest --strategy weighted_score --memory-mib 8192',
  ],
  surfaces: {
    mcp: 'resources.schedule_task',
    cli: {
      flags: {
        prompt: [
          { as: '--prompt <TEXT>', kind: 'prompt' },
          { as: '--file <FILE>', kind: 'prompt-file' },
          { as: '[-]', kind: 'prompt-stdin' },
        ],
        ...placementFlags,
        key: '--key <KEY>',
        max_tokens: '--max-tokens <N>',
        temperature: '--temperature <T>',
        seed: '--seed <N>',
        timeout_ms: '--timeout <TIME>',
        queue_timeout_ms: '--queue-timeout <TIME>',
        run_timeout_ms: '--run-timeout <TIME>',
        lease_ms: '--lease <TIME>',
        attempts: '--attempts <N>',
        public: '--public',
        after: '--after <IDS>',
        priority: '--priority <WHICH>',
        fallback_after_ms: '--fallback-after <TIME>',
        fallback_to: '--fallback-to <PEERS>',
        force: '--force',
        wait: '--wait',
      },
    },
  },
})

const listInput = z.strictObject({
  state: z.enum(taskStates).nullable().default(null).describe('only tasks in this state'),
  past: z
    .number()
    .int()
    .min(0)
    .max(limits.past_listed_max)
    .default(limits.past_listed)
    .describe('most closed tasks that are listed as well, the newest'),
})

/** Lists the tasks that this daemon posted. */
export const taskList = defineOperation({
  name: 'task.list',
  title: 'List tasks',
  summary: 'List the tasks that this daemon posted',
  description:
    'Lists the tasks that this machine posted, newest first, without their answers. Read an answer with task.show.',
  effect: 'read',
  input: listInput,
  output: z.strictObject({ tasks: z.array(taskView).describe('the tasks, newest first') }),
  errors: [],
  examples: [
    'ripple task list',
    'ripple task list --state running --json',
    'ripple task list --state failed --past 5000',
  ],
  surfaces: { mcp: 'task.list', cli: { flags: { state: '--state <STATE>', past: '--past <N>' } } },
})

const id = z.string().min(1).max(128).describe("the task's key or hash, or its first 8 characters or more")
const byId = z.strictObject({ id })
const cli = { flags: { id: '<ID>' } }

/** Shows one task, with its answer if it has one. */
export const taskShow = defineOperation({
  name: 'task.show',
  title: 'Show a task',
  summary: 'Show a task and its answer',
  description:
    'Returns a task of this machine with its state, its attempts, its cost and, once accepted, its answer.',
  effect: 'read',
  input: byId,
  output: taskView,
  errors: ['RIPPLE_TASK_UNKNOWN'],
  examples: ['ripple task show 3f1c9a2e', 'ripple task show 3f1c9a2e --json'],
  surfaces: { mcp: 'task.show', cli },
})

/** Waits for the end of a task. */
export const taskWait = defineOperation({
  name: 'task.wait',
  title: 'Wait for a task',
  summary: 'Wait until a task is closed, and show it',
  description:
    'Returns a task of this machine once it is accepted, failed, cancelled or expired, with its answer. If the time runs out first, it returns the task as it is: call it again to wait longer. Use it after task.post without wait.',
  effect: 'read',
  input: byId.extend({
    for_ms: z
      .number()
      .int()
      .min(1)
      .max(DEADLINE_MS_MAX)
      .default(limits.task_wait_ms)
      .describe('longest wait, in milliseconds'),
  }),
  output: taskView,
  errors: ['RIPPLE_TASK_UNKNOWN'],
  progress: 'id',
  waits: true,
  examples: ['ripple task wait 3f1c9a2e', 'ripple task wait 3f1c9a2e --for 10m --json'],
  surfaces: { mcp: 'ripple_task_wait', cli: { flags: { id: '<ID>', for_ms: '--for <TIME>' } } },
})

/** Explains why a task is in its state. */
export const taskWhy = defineOperation({
  name: 'task.why',
  title: 'Explain a task',
  summary: 'Explain the state of a task, peer by peer',
  description:
    "Explains a task's state: its wait, the outcome of each attempt, each machine's rank and last refusal, and this machine's policy decisions. Use it if a task waits or has failed.",
  effect: 'read',
  input: byId,
  output: whyView,
  errors: ['RIPPLE_TASK_UNKNOWN'],
  examples: ['ripple task why 3f1c9a2e'],
  surfaces: { mcp: 'task.why', cli },
})

/** Returns the fields with which a task was posted. */
export const taskRequest = defineOperation({
  name: 'task.request',
  title: "Show a task's request",
  summary: 'Show the prompt and the fields with which a task was posted',
  description:
    'Returns the prompt of a task of this machine and all fields of its request, as task.post takes them: use it to post a task again with changes. They are stored until the day of the task is archived.',
  effect: 'read',
  input: byId,
  output: postInput.omit({ key: true, force: true, wait: true, prompt: true }).extend({
    id: z.string().describe("the task's key"),
    prompt: z.string().describe('the prompt; of a chat its last turn, of texts to embed the first'),
    whole: z.boolean().describe('whether the prompt is all that the model was given'),
  }),
  errors: ['RIPPLE_TASK_UNKNOWN', 'RIPPLE_TASK_REQUEST_GONE'],
  examples: ['ripple task request 3f1c9a2e', 'ripple task request 3f1c9a2e --json'],
  surfaces: { mcp: 'task.request', cli },
})

/** Forecasts the peers for a task, without posting it. */
export const taskPlan = defineOperation({
  name: 'task.plan',
  title: 'Plan a task',
  summary: 'Say where a task would go, peer by peer, without posting it',
  description:
    'Forecasts which machines could run a task with these requirements, and what each lacks. Nothing is posted. Use it before task.post if the requirements are unusual.',
  effect: 'read',
  input: z.strictObject(placementFields),
  output: planView,
  errors: ['RIPPLE_MODEL_UNKNOWN', 'RIPPLE_MODEL_MISSING'],
  examples: [
    'ripple task plan',
    'ripple task plan --prefer fastest --strategy weighted_score',
    'ripple task plan --memory-mib 16384 --gpu 1 --tag region:eu-central-1',
  ],
  surfaces: { mcp: 'task.plan', cli: { flags: placementFlags } },
})

/** Cancels a task of this daemon. */
export const taskCancel = defineOperation({
  name: 'task.cancel',
  title: 'Cancel a task',
  summary: 'Cancel a task that this daemon posted',
  description:
    'Cancels a task of this machine, and returns it once it is closed. A task that was closed before stays as it is.',
  effect: 'destroy',
  scope: 'write',
  idempotent: true,
  input: byId,
  output: taskView,
  errors: ['RIPPLE_TASK_UNKNOWN', 'RIPPLE_CONDUCTOR_DOWN', 'RIPPLE_DHT_REFUSED', 'RIPPLE_DHT_UNAVAILABLE'],
  waits: true,
  examples: ['ripple task cancel 3f1c9a2e'],
  surfaces: { mcp: 'task.cancel', cli },
})

const receiptInput = byId
  .extend({
    redact: z
      .boolean()
      .default(false)
      .describe('leave out prompt and answer; agents, times and digests stay'),
    out: pathField.nullable().default(null).describe('the file to write it to'),
    bytes: z.boolean().default(false).describe('return its bytes in the answer'),
  })
  .refine(({ out, bytes }) => out === null || !bytes, "either 'out' or 'bytes'")

/** Names the receipt of an accepted task, or writes a copy for others. */
export const taskReceipt = defineOperation({
  name: 'task.receipt',
  title: 'Get a receipt',
  summary: "Name the file of an accepted task's receipt, or write it for somebody else",
  description:
    "Returns the path of an accepted task's receipt, or its bytes. With redact, the copy has neither prompt nor answer and can still be verified.",
  effect: 'write',
  idempotent: true,
  input: receiptInput,
  output: z.strictObject({
    id: z.string().describe("the task's key"),
    receipt: z.string().describe('path of the file; of the whole receipt if bytes were asked for'),
    base64: z.string().nullable().describe('its bytes in base64, if they were asked for'),
  }),
  errors: ['RIPPLE_TASK_UNKNOWN', 'RIPPLE_TASK_NO_RECEIPT', 'RIPPLE_FILE_UNWRITABLE', 'RIPPLE_DISK_FULL'],
  examples: [
    'ripple task receipt 3f1c9a2e',
    'ripple verify "$(ripple task receipt 3f1c9a2e)"',
    'ripple task receipt 3f1c9a2e --redact --out answer.receipt',
    'ripple task receipt 3f1c9a2e --stdout > answer.receipt',
  ],
  surfaces: {
    mcp: 'task.receipt',
    cli: {
      flags: {
        id: '<ID>',
        redact: '--redact',
        out: { as: '--out <FILE>', kind: 'path' },
        bytes: { as: '--stdout', about: 'write its bytes to standard output' },
      },
    },
  },
})
