/** Begins own tasks before their Grant is written. */
import { limits } from '../../limits.ts'
import { isOneOfMany } from '../../mesh/placement/candidates.ts'
import { feasible } from '../../mesh/state/feasible.ts'
import { ownTask } from '../../mesh/state/state.ts'
import type { ActionHash } from '../../types/events.ts'
import type { InferencePayload } from '../../types/inference.ts'
import type { Hands } from '../context/hands.ts'
import { HeadStart } from '../context/head-start.ts'
import type { Draft } from '../records/draft.ts'
import { mayBegin } from './ask-policy.ts'
import { tellPiece } from './take-tokens.ts'

/** The callback for each piece of an answer that began before its task stands on the chain, in order. */
export type Shown = (text: string) => void

/** Begins a task that is being posted here, if its Grant would go to this machine and the policy allows the run. */
export async function headStart(
  draft: Draft,
  asked: InferencePayload,
  hands: Hands,
  shown?: Shown,
): Promise<void> {
  const { task } = draft
  const { engine } = hands.needs
  if (task.work.type !== 'model' || !comesHere(draft, hands)) return
  if (!(await mayBegin(task, asked, hands)) || !isIdle(hands)) return
  const alone = task.deterministic !== null
  const job = { ...asked, model: task.work.digest, prefix: '', alone }
  const start = new HeadStart(task.id, engine, job, hands.signal)
  if (shown) start.follow((text) => shown(text))
  hands.headStarts.begin(start)
  await untilBegun(start, hands)
}

/**
 * Waits for the first piece, at most `limits.head_start_ms`, before the conductor gets work. On a small machine prompt
 * and conductor would triple each other's time.
 */
async function untilBegun({ begun }: HeadStart, { needs, signal }: Hands): Promise<void> {
  const over = new AbortController()
  const patience = needs.clock.sleep(limits.head_start_ms, AbortSignal.any([signal, over.signal]))
  await Promise.race([begun, patience.catch(() => undefined)])
  over.abort()
}

/** Passes the text of a head start to the task's followers, now that this machine is being granted the task. */
export function tellHeadStart(task: ActionHash, hands: Hands): void {
  let offset = 0
  hands.headStarts.of(idOf(task, hands))?.follow((text, tokens_out) => {
    tellPiece(task, { attempt: 1, offset, text, tokens_out }, hands)
    offset += text.length
  })
}

/** Ends the head start of a task that will not use it. */
export function endHeadStart(task: ActionHash, hands: Hands): void {
  hands.headStarts.stop(idOf(task, hands))
}

/**
 * Returns the head start of a task for its first attempt. Returns null without one, or where it failed: that run was
 * not granted, so its failure does not count.
 */
export function takeHeadStart(task: ActionHash, attempt: number, hands: Hands): HeadStart | null {
  const start = hands.headStarts.take(idOf(task, hands))
  if (start && attempt === 1 && !start.failed) return start
  start?.stop()
  return null
}

function idOf(task: ActionHash, hands: Hands): string | undefined {
  return ownTask(hands.state(), task)?.task.entry.id
}

function isIdle({ runs, headStarts }: Hands): boolean {
  return runs.size === 0 && headStarts.idle
}

/**
 * Whether this machine would be granted a task at once: it is the nearest or the only one, and has nothing else to do.
 */
function comesHere({ task, only }: Draft, hands: Hands): boolean {
  const state = hands.state()
  const { self, config, draining } = state
  const own = state.peers.get(self)
  const wanted =
    only === null ? task.placement.prefer === 'nearest' && isOneOfMany(state, task) : only === self
  if (!wanted || !own || draining || !config.works || task.depends_on.length > 0 || !isIdle(hands))
    return false
  return feasible(task, own, self, hands.needs.clock.now(), config.peer_away_ms).length === 0
}
