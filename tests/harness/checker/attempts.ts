import { limits } from '../../../host/limits.ts'
import { resolveList } from '../../../host/mesh/state/chain.ts'
import type { AgentKey, EventOf } from '../../../host/types/events.ts'
import type { SupersedeReason } from '../../../zomes-bindings/generated/resource-mesh.ts'
import { slowTokenMs } from '../sim/faults.ts'
import { broken, type History, type Violation } from './history.ts'
import type { Story } from './story.ts'
import { isLiar, type Span, wasDisturbed, wasRunning, writtenAt } from './times.ts'

/**
 * An attempt that its poster gave up, and the event that says so: the next Grant, or the Close of a task that failed.
 */
interface Loss {
  readonly lost: EventOf<'Grant'>
  readonly by: EventOf<'Grant'> | EventOf<'Close'>
}

/** The possible fates of a lost attempt. */
const reasons = ['expired', 'silent', 'failed', 'rejected', 'released'] as const

/**
 * A task is given to one worker, and to one more for each time that something went wrong at its poster, at the worker
 * that had it, or between the two, while that one had it; it fails when its last worker was lost in the same way. A
 * stand-in claims it only when something went wrong at the poster or between the two. With what bounds the runs of one
 * grant, this bounds the runs of a task by its faults.
 */
export function attempts(history: History, story: Story): Violation[] {
  const { task, claims } = story
  const stoodIn = claims.flatMap((claim) => stoodInRightly(history, task, claim))
  const losses = lossesOf(story)
  return [...losses.flatMap((loss) => justified(history, story, loss)), ...stoodIn, ...leftOut(story, losses)]
}

/** Checks that a worker with a rejected output never gets the task again, also after a restart of the poster. */
function leftOut({ task }: Story, losses: readonly Loss[]): Violation[] {
  const rejected = new Set<AgentKey>()
  return losses.flatMap(({ lost, by }) => {
    if (by.entry.type !== 'Grant') return []
    if (by.entry.reason === 'rejected') rejected.add(lost.entry.worker)
    const { worker, attempt } = by.entry
    return rejected.has(worker)
      ? broken('rejected_left_out', task.hash, `attempt ${attempt} went to ${worker} again`)
      : []
  })
}

/** A stand-in claims a task only of a poster that it cannot know to be there. */
function stoodInRightly(
  history: History,
  task: EventOf<'Task'>,
  claim: EventOf<'FallbackClaim'>,
): Violation[] {
  const span = { from: writtenAt(history, task), to: writtenAt(history, claim) }
  // In a crowd a machine hears only of some others, and of those that it has never heard of nobody can say that they left.
  const strangers = history.able.get(claim.author)?.includes(task.author) === false
  return strangers || wasDisturbed(history, [task.author, claim.author], span)
    ? []
    : broken('attempts_bounded', task.hash, `${claim.author} stood in for a poster that was there`)
}

function lossesOf(story: Story): Loss[] {
  const { grants, close } = resolveList(story.task, [...story.grants, ...story.closes])
  const ends = close?.entry.outcome === 'failed' ? [...grants.slice(1), close] : grants.slice(1)
  return ends.flatMap((by, index) => {
    const lost = grants[index]
    return lost ? [{ lost, by }] : []
  })
}

function justified(history: History, story: Story, loss: Loss): Violation[] {
  const { hash } = story.task
  const span = { from: writtenAt(history, loss.lost), to: writtenAt(history, loss.by) }
  return [
    ...(isExcused(history, story, loss, span)
      ? []
      : broken('attempts_bounded', hash, `${nameOf(loss)} though nothing had gone wrong`)),
    ...(reasonsOf(loss).some((reason) => isTrue(story, loss, reason)) || mayLackLines(history, loss, span)
      ? []
      : broken('reason_holds', hash, `${nameOf(loss)}: the one before it was not`)),
  ]
}

/** As the chain has it. */
function nameOf({ lost, by }: Loss): string {
  const { type } = by.entry
  return type === 'Grant'
    ? `attempt ${by.entry.attempt} (${by.entry.reason})`
    : `failed after attempt ${lost.entry.attempt}`
}

/**
 * Returns the poster's own reason for the loss. It gives none for the last attempt, which may have been lost in any
 * way.
 */
function reasonsOf({ by }: Loss): readonly SupersedeReason[] {
  return by.entry.type === 'Grant' ? [by.entry.reason] : reasons
}

/** Whether something went wrong that a lost attempt may come from. */
function isExcused(history: History, story: Story, loss: Loss, span: Span): boolean {
  const { worker } = loss.lost.entry
  return (
    wasDisturbed(history, [story.task.author, worker], span) ||
    (isLiar(history, worker) && hasResult(story, loss)) ||
    wasLate(history, story, loss) ||
    wasQueued(history, story, loss, span)
  )
}

/** Whether the worker was in the middle of another run at both ends of the span: a slow machine's queue outlasts a lease. */
function wasQueued(history: History, { runs }: Story, { lost }: Loss, span: Span): boolean {
  const isBusy = (time: number) => wasRunning(history, lost.entry.worker, time)
  return !runs.has(lost.hash) && isBusy(span.from) && isBusy(span.to)
}

/** A lie is told by a Result: until then a liar is a worker like any other. */
function hasResult({ results }: Story, { lost }: Loss): boolean {
  return [...results.values()].some(({ entry }) => entry.authority === lost.hash)
}

/**
 * Whether a lease may have ended before what renews it came, or a grant come after the worker kept its place free no longer.
 * Messages renew a lease all the time; the DHT holds up only what was run, whose Result waits for the Grant that it names,
 * and its Close for the Result.
 */
function wasLate({ late_ms }: History, { task, lines }: Story, loss: Loss): boolean {
  const { lease_ms } = task.entry
  const byClock = reasonsOf(loss).some((reason) => reason === 'expired' || reason === 'silent')
  const busy = givenBack(lines, loss.lost)?.reason === 'busy'
  if (busy && late_ms.messages >= lease_ms) return true
  if (!byClock) return false
  // A slow worker reports its progress after each token, and the report may come late.
  const slow = late_ms.messages + slowTokenMs >= limits.next_token_ms
  if (slow && reasonsOf(loss).includes('silent')) return true
  const ran = () => lines.some((line) => line.type === 'run_ended' && line.grant === loss.lost.hash)
  return late_ms.messages >= lease_ms || (late_ms.events >= lease_ms && ran())
}

/** Whether the only proof of a reason is a line of a machine whose disk was full, and took none. */
function mayLackLines(history: History, { lost, by }: Loss, span: Span): boolean {
  const reason = by.entry.type === 'Grant' ? by.entry.reason : 'released'
  const writer = reason === 'released' ? lost.entry.worker : reason === 'rejected' ? by.author : null
  const full = history.disturbances.filter(({ kind }) => kind === 'disk_full')
  return writer !== null && wasDisturbed({ ...history, disturbances: full }, [writer, writer], span)
}

/**
 * Finds the worker's reason as it gave a grant back; other machines may give back a grant that they took for their
 * own.
 */
function givenBack(lines: Story['lines'], { hash, entry }: EventOf<'Grant'>) {
  const own = lines.find(
    (line) => line.type === 'released' && line.grant === hash && line.agent === entry.worker,
  )
  return own?.type === 'released' ? own : null
}

/** Whether an attempt was lost for such a reason. */
function isTrue({ task, results, lines }: Story, { lost, by }: Loss, reason: SupersedeReason): boolean {
  const { lease_ms, deadlines_ms } = task.entry
  const after = by.at - lost.at
  const own = [...results.values()].filter(({ entry }) => entry.authority === lost.hash)
  switch (reason) {
    case 'expired':
      return after >= Math.min(lease_ms, deadlines_ms.run)
    case 'silent':
      return after >= Math.min(lease_ms, limits.silence_ms)
    case 'failed':
      return own.some(({ entry }) => entry.status.type === 'failed')
    case 'rejected':
      return lines.some(
        (line) =>
          line.type === 'checked' && line.verdict !== 'ok' && own.some(({ hash }) => hash === line.result),
      )
    case 'released':
      return givenBack(lines, lost) !== null
    case 'none':
      return false
  }
}
