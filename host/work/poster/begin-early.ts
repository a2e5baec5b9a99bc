/** Begins own tasks before their Grant is written. */
import { limits } from '../../limits.ts'
import { isOneOfMany } from '../../mesh/placement/candidates.ts'
import { available } from '../../mesh/state/allocated.ts'
import { feasible } from '../../mesh/state/feasible.ts'
import { ownTask } from '../../mesh/state/state.ts'
import type { ActionHash } from '../../types/events.ts'
import type { InferencePayload } from '../../types/inference.ts'
import type { EarlyContext, WorkContext, WorkerContext } from '../context/context.ts'
import { HeadStart } from '../context/head-start.ts'
import type { Draft } from '../records/draft.ts'
import { notifyPiece } from './accept-tokens.ts'
import { policyAllowsRun } from './ask-policy.ts'

/** The callback for each piece of an answer that began before its task stands on the chain, in order. */
export type Shown = (text: string) => void

/** Begins a task that is being posted here, if its Grant would go to this machine and the policy allows the run. */
export async function headStart(
  draft: Draft,
  asked: InferencePayload,
  context: EarlyContext,
  shown?: Shown,
): Promise<void> {
  const { task } = draft
  const { engine } = context.needs
  if (task.work.type !== 'model' || !comesHere(draft, context)) return
  if (!(await policyAllowsRun(task, asked, context)) || !isIdle(context)) return
  const alone = task.deterministic !== null
  const job = { ...asked, model: task.work.digest, prefix: '', alone }
  const start = new HeadStart(task.id, engine, job, context.signal)
  if (shown) start.follow((text) => shown(text))
  context.headStarts.begin(start)
  await untilBegun(start, context)
}

/**
 * Waits for the first piece, at most `limits.head_start_ms`, before the conductor gets work. On a small machine prompt
 * and conductor would triple each other's time.
 */
async function untilBegun({ begun }: HeadStart, { needs, signal }: WorkContext): Promise<void> {
  const over = new AbortController()
  const patience = needs.clock.sleep(limits.head_start_ms, AbortSignal.any([signal, over.signal]))
  await Promise.race([begun, patience.catch(() => undefined)])
  over.abort()
}

/** Passes the text of a head start to the task's followers, now that this machine is being granted the task. */
export function notifyHeadStart(task: ActionHash, context: EarlyContext): void {
  let offset = 0
  context.headStarts.of(idOf(task, context))?.follow((text, tokens_out) => {
    notifyPiece(task, { attempt: 1, offset, text, tokens_out }, context)
    offset += text.length
  })
}

/** Ends the head start of a task that will not use it. */
export function endHeadStart(task: ActionHash, context: WorkerContext): void {
  context.headStarts.stop(idOf(task, context))
}

/**
 * Returns the head start of a task for its first attempt. Returns null without one, or where it failed: that run was
 * not granted, so its failure does not count.
 */
export function takeHeadStart(task: ActionHash, attempt: number, context: WorkerContext): HeadStart | null {
  const start = context.headStarts.take(idOf(task, context))
  if (start && attempt === 1 && !start.failed) return start
  start?.stop()
  return null
}

function idOf(task: ActionHash, context: WorkerContext): string | undefined {
  return ownTask(context.state(), task)?.task.entry.id
}

function isIdle({ runs, headStarts }: WorkerContext): boolean {
  return runs.size === 0 && headStarts.idle
}

/**
 * Whether this machine would be granted a task at once: it is the nearest or the only one, and has nothing else to do.
 */
function comesHere({ task, only, except = [] }: Draft, context: EarlyContext): boolean {
  const state = context.state()
  const { self, config, draining } = state
  const own = state.peers.get(self)
  const wanted =
    only === null ? task.placement.prefer === 'nearest' && isOneOfMany(state, task) : only === self
  if (
    !wanted ||
    except.includes(self) ||
    !own ||
    draining ||
    !config.works ||
    task.depends_on.length > 0 ||
    !isIdle(context)
  )
    return false
  return (
    feasible(task, available(state, own, self), self, context.needs.clock.now(), config.peer_away_ms)
      .length === 0
  )
}
