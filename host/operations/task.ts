/** Defines the verbs that list, show and cancel tasks and write their receipts. */
import { readFile } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { RippleError } from '../errors/ripple-error.ts'
import { writeRegular } from '../files/regular-file.ts'
import { limits } from '../limits.ts'
import { redactReceipt } from '../receipt/redact.ts'
import { openRules } from '../rules/rules.ts'
import type { Context, TaskView } from './context.ts'
import { findTask } from './find-task.ts'
import { cut, list } from './layout.ts'
import { guardFile } from './named-file.ts'
import { operation } from './operation.ts'
import { ago, endingWord, short, span, taskLines } from './text.ts'
import { taskStates, taskView } from './views.ts'

const id = z.string().min(1).max(128).describe("a task's key or hash, or the beginning of one")
const byId = z.strictObject({ id })
const idArgument = { as: '<ID>', about: "the task's key or hash, or its first 8 characters" } as const

const listInput = z.strictObject({
  state: z.enum(taskStates).nullable().default(null),
  past: z
    .number()
    .int()
    .min(0)
    .max(limits.past_listed_max)
    .default(limits.past_listed)
    .describe('how many of the newest tasks of past epochs are listed as well'),
})
/** Most cells of a prompt in a list. */
const PROMPT_CELLS = 60

const listOutput = z.strictObject({ tasks: z.array(taskView) })

/** Lists the tasks that this daemon posted. */
export const taskList = operation<Context, typeof listInput, typeof listOutput>({
  name: 'task.list',
  effect: 'read',
  summary: 'List the tasks that this daemon posted',
  examples: [
    'ripple task list',
    'ripple task list --state running --json',
    'ripple task list --state failed --past 5000',
  ],
  input: listInput,
  output: listOutput,
  cli: {
    state: { as: '--state <STATE>', about: 'only those in this state' },
    past: {
      as: '--past <N>',
      about: `how many tasks of past epochs to look at too, the newest (${limits.past_listed})`,
      kind: 'number',
    },
  },
  run: async (context, { state, past }) => {
    const tasks = (await newestTasks(context, past)).filter((task) => state === null || task.state === state)
    const newest = tasks.slice(0, limits.prompts_listed)
    const prompts = await Promise.all(newest.map(({ task }) => context.tasks.prompt(task)))
    return { tasks: tasks.map((task, at) => ({ ...task, prompt: prompts[at] ?? null })) }
  },
  render: ({ tasks }, screen) => {
    const hasWhy = tasks.some((task) => endingWord(task) !== '-')
    return list(
      [
        { head: 'ID', least: 9, id: true },
        'STATE',
        { head: 'PROMPT', least: 18, drop: 1 },
        ...(hasWhy ? [{ head: 'WHY', drop: 2 }] : []),
        { head: 'TOKENS', drop: 5 },
        { head: 'TOOK', drop: 4 },
        { head: 'MODEL', least: 20, drop: 6 },
        { head: 'WORKER', least: 12, id: true, drop: 7 },
        { head: 'POSTED', drop: 3 },
      ],
      tasks.map((task) => [
        task.id,
        task.state,
        task.prompt === null ? '-' : cut(task.prompt.replaceAll(/\s+/g, ' ').trim(), PROMPT_CELLS),
        ...(hasWhy ? [endingWord(task)] : []),
        task.usage === null ? '-' : String(task.usage.tokens_out),
        tookText(task),
        task.model?.name ?? '-',
        short(task.worker),
        ago(task.times.posted_at, screen),
      ]),
      { none: `none yet; post one with 'ripple task post --prompt "Why is the sky blue?" --wait'`, screen },
    )
  },
})

/** Shows the time from a task's post to its end; '-' while it is open. */
function tookText({ times: { posted_at, result_at, closed_at } }: TaskView): string {
  const end = result_at ?? closed_at
  return end === null ? '-' : span(Math.max(0, end - posted_at))
}

/** Returns own tasks, newest first: all of the open epochs, and at most `most` of left ones. */
async function newestTasks({ tasks }: Context, most: number): Promise<TaskView[]> {
  const open = tasks.list()
  const here = new Set(open.map(({ task }) => task))
  // A task whose epoch is just being left is in both lists.
  const past = (await tasks.past(most)).filter(({ task }) => !here.has(task))
  return [...open, ...past].sort((a, b) => b.times.posted_at - a.times.posted_at)
}

/** Shows one task, with its answer if it has one. */
export const taskShow = operation<Context, typeof byId, typeof taskView>({
  name: 'task.show',
  effect: 'read',
  summary: 'Show a task and its answer',
  examples: ['ripple task show 3f1c9a2e', 'ripple task show 3f1c9a2e --json'],
  input: byId,
  output: taskView,
  cli: { id: idArgument },
  run: async (context, given, signal) => context.tasks.show(await findTask(context, given.id), signal),
  render: (task, screen) => ({
    lines: [...taskLines(task, screen), ...(task.output?.text == null ? [] : ['', task.output.text])],
  }),
})

/** Cancels a task of this daemon. */
export const taskCancel = operation<Context, typeof byId, typeof taskView>({
  name: 'task.cancel',
  effect: 'destroy',
  scope: 'write',
  summary: 'Cancel a task that this daemon posted',
  examples: ['ripple task cancel 3f1c9a2e'],
  input: byId,
  output: taskView,
  cli: { id: idArgument },
  waits: () => true,
  run: async (context, given, signal) => context.tasks.cancel(await findTask(context, given.id), signal),
  render: (task, screen) => ({
    lines: taskLines(task, screen),
    notes: task.state === 'cancelled' ? [] : [`nothing to cancel: it was ${task.state} already`],
  }),
})

const receiptInput = byId
  .extend({
    redact: z.boolean().default(false),
    out: z.string().max(4_096).refine(isAbsolute, 'not an absolute path').nullable().default(null),
    bytes: z.boolean().default(false),
  })
  .refine(({ out, bytes }) => out === null || !bytes, "either 'out' or 'bytes'")
const receiptOutput = z.strictObject({
  id: z.string(),
  receipt: z.string().describe('path of the file; of the whole one where bytes were asked for'),
  base64: z.string().nullable().describe('its bytes, where they were asked for'),
})

/** Names the receipt of an accepted task, or writes a copy for others. */
export const taskReceipt = operation<Context, typeof receiptInput, typeof receiptOutput>({
  name: 'task.receipt',
  effect: 'write',
  summary: "Name the file of an accepted task's receipt, or write it for somebody else",
  examples: [
    'ripple task receipt 3f1c9a2e',
    'ripple verify "$(ripple task receipt 3f1c9a2e)"',
    'ripple task receipt 3f1c9a2e --redact --out answer.receipt',
    'ripple task receipt 3f1c9a2e --stdout > answer.receipt',
  ],
  input: receiptInput,
  output: receiptOutput,
  cli: {
    id: idArgument,
    redact: {
      as: '--redact',
      about: 'leave out prompt and answer; who, when and which digests stay',
      kind: 'boolean',
    },
    out: { as: '--out <FILE>', about: 'write it to a file', kind: 'path' },
    bytes: { as: '--stdout', about: 'write its bytes to standard output', kind: 'boolean' },
  },
  run: async (context, { id: given, redact, out, bytes }, signal, principal) => {
    guardFile(out, principal)
    const task = await findTask(context, given)
    const { id: key, receipt, state } = await context.tasks.show(task, signal)
    if (receipt === null) throw new RippleError('RIPPLE_TASK_NO_RECEIPT', { id: key, state })
    if (!redact && !bytes && out === null) return { id: key, receipt, base64: null }
    const whole = await readFile(receipt, { signal })
    const shown = redact ? redactReceipt(whole, await openRules()) : whole
    if (bytes) return { id: key, receipt, base64: Buffer.from(shown).toString('base64') }
    const file = out ?? receipt.replace(/\.receipt$/, '.redacted.receipt')
    await writeRegular(file, shown, signal)
    return { id: key, receipt: file, base64: null }
  },
  render: ({ receipt, base64 }) =>
    base64 === null ? { lines: [receipt] } : { lines: [], bytes: Buffer.from(base64, 'base64') },
})
