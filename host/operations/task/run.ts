/** Runs the operations on tasks. */
import { readFile } from 'node:fs/promises'
import type { z } from 'zod'
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import { writeRegular } from '../../files/regular-file.ts'
import { limits } from '../../limits.ts'
import { redactReceipt } from '../../receipt/redact.ts'
import { openRules } from '../../rules/rules.ts'
import type { DeepReadonly } from '../../types/deep-readonly.ts'
import type { Principal } from '../../types/principal.ts'
import type { Context, WhyView } from '../context.ts'
import { guardFile } from '../named-file.ts'
import { type Handler, handle } from '../operation.ts'
import { findTask } from './find.ts'
import { post, wishOf } from './post.ts'
import {
  taskCancel,
  taskList,
  taskPlan,
  taskPost,
  taskReceipt,
  taskRequest,
  taskShow,
  taskWait,
  taskWhy,
} from './shape.ts'
import { closesWithin } from './wait.ts'

/** The operations on tasks that can be called. */
export const taskHandlers: readonly Handler<Context>[] = [
  handle(taskPost, post),
  handle(taskList, list),
  handle(taskShow, async (context: Context, { id }, signal) =>
    context.tasks.show(await findTask(context, id), signal),
  ),
  handle(taskWait, async (context: Context, { id, for_ms }, signal) => {
    const task = await findTask(context, id)
    await closesWithin(context, task, for_ms, signal)
    return context.tasks.show(task, signal)
  }),
  handle(taskWhy, why),
  handle(taskRequest, async (context: Context, { id }) => context.tasks.request(await findTask(context, id))),
  handle(taskPlan, async (context: Context, given) => context.tasks.plan(wishOf(given))),
  handle(taskCancel, async (context: Context, { id }, signal) =>
    context.tasks.cancel(await findTask(context, id), signal),
  ),
  handle(taskReceipt, receipt),
]

async function list(
  context: Context,
  { state, past }: z.output<typeof taskList.input>,
): Promise<DeepReadonly<z.input<typeof taskList.output>>> {
  const tasks = (await context.tasks.list(past)).filter((task) => state === null || task.state === state)
  const newest = tasks.slice(0, limits.prompts_listed)
  const prompts = await Promise.all(newest.map(({ task }) => context.tasks.prompt(task)))
  return { tasks: tasks.map((task, at) => ({ ...task, prompt: prompts[at] ?? null })) }
}

async function why(context: Context, { id }: z.output<typeof taskWhy.input>): Promise<WhyView> {
  const task = await findTask(context, id).catch((thrown: unknown) => {
    if (toRippleError(thrown).code === 'RIPPLE_TASK_UNKNOWN') return null
    throw thrown
  })
  if (task === null) return notPosted(context, id)
  const found = await context.tasks.why(task)
  return { ...found, decisions: await context.policies.about([found.id, task]) }
}

/**
 * Returns this machine's policy decisions about an id without an own task. It may be another machine's task, a refused
 * post, or an answer without a task. Rejects with `RIPPLE_TASK_UNKNOWN` if there are no decisions.
 */
async function notPosted({ policies }: Context, id: string): Promise<WhyView> {
  const decisions = await policies.about([id])
  if (decisions.length === 0) throw new RippleError('RIPPLE_TASK_UNKNOWN', { id })
  return { id, state: null, now: null, ended: null, attempts: [], waits_for: [], peers: [], decisions }
}

async function receipt(
  context: Context,
  { id: given, redact, out, bytes }: z.output<typeof taskReceipt.input>,
  signal: AbortSignal,
  principal: Principal,
): Promise<z.input<typeof taskReceipt.output>> {
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
}
