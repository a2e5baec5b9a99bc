import { limits } from '../../../host/limits.ts'
import { resolveList } from '../../../host/mesh/chain.ts'
import type { EventOf } from '../../../host/types/events.ts'
import { broken, type History, type Violation } from './history.ts'
import type { Story } from './story.ts'
import { type Span, wasDisturbed, writtenAt } from './times.ts'

/**
 * A task is given to one worker, and to one more for each time that something went wrong at its poster, at the worker
 * that had it, or between the two, while that one had it. A stand-in claims it only when something went wrong at the
 * poster or between the two. With what bounds the runs of one grant, this bounds the runs of a task by its faults.
 */
export function attempts(history: History, story: Story): Violation[] {
  const { task, claims } = story
  const grants = resolveList(task, [...story.grants, ...story.closes]).grants
  const again = grants.slice(1).flatMap((next, index) => {
    const lost = grants[index]
    return lost ? regrant(history, story, lost, next) : []
  })
  const stoodIn = claims.flatMap((claim) => {
    const span = { from: writtenAt(history, task), to: writtenAt(history, claim) }
    return wasDisturbed(history, [task.author, claim.author], span)
      ? []
      : broken('attempts_bounded', task.hash, `${claim.author} stood in for a poster that was there`)
  })
  return [...again, ...stoodIn]
}

function regrant(
  history: History,
  story: Story,
  lost: EventOf<'Grant'>,
  next: EventOf<'Grant'>,
): Violation[] {
  const { hash, author } = story.task
  const { attempt, reason } = next.entry
  const span = { from: writtenAt(history, lost), to: writtenAt(history, next) }
  const excused = wasDisturbed(history, [author, lost.entry.worker], span)
  return [
    ...(excused
      ? []
      : broken('attempts_bounded', hash, `attempt ${attempt} (${reason}) though nothing had gone wrong`)),
    ...(isTrue(story, lost, next) || mayLackLines(history, lost, next, span)
      ? []
      : broken('reason_holds', hash, `attempt ${attempt}: the one before it was not ${reason}`)),
  ]
}

/** Whether the only proof of a reason is a line of a worker whose disk was full, and took none. */
function mayLackLines(history: History, lost: EventOf<'Grant'>, next: EventOf<'Grant'>, span: Span): boolean {
  const { worker } = lost.entry
  const full = history.disturbances.filter(({ kind }) => kind === 'disk_full')
  return (
    next.entry.reason === 'released' &&
    wasDisturbed({ ...history, disturbances: full }, [worker, worker], span)
  )
}

/** Whether the reason that a Grant gives for taking the task from the worker before it is so. */
function isTrue({ task, results, lines }: Story, lost: EventOf<'Grant'>, next: EventOf<'Grant'>): boolean {
  const { lease_ms, deadlines_ms } = task.entry
  const after = next.at - lost.at
  const statuses = [...results.values()]
    .filter(({ entry }) => entry.authority === lost.hash)
    .map(({ entry }) => entry.status.type)
  switch (next.entry.reason) {
    case 'expired':
      return after >= Math.min(lease_ms, deadlines_ms.run)
    case 'silent':
      return after >= Math.min(lease_ms, limits.silence_ms)
    case 'failed':
      return statuses.includes('failed')
    case 'rejected':
      return statuses.includes('ok')
    case 'released':
      return lines.some((line) => line.type === 'released' && line.grant === lost.hash)
    case 'none':
      return false
  }
}
