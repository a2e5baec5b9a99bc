/** Formats values, tasks and answers for people. */
import { isLoopback } from '../config/network.ts'
import { limits } from '../limits.ts'
import type { Route } from '../types/answer.ts'
import { oneLine } from '../types/text/plain-text.ts'
import type { AttemptView, ChainCapacityView, PlanView, TaskEnd, TaskView, WhyView } from './context.ts'
import { fields } from './layout.ts'
import type { Screen } from './present.ts'
import { closedStates } from './task/view.ts'

/** Formats a size in bytes. */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

/** Formats a span of time. */
export function span(ms: number): string {
  if (ms < 1_000) return `${ms} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  const minutes = Math.floor(ms / 60_000)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Formats a moment in UTC to the second. */
export function clock(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** Describes the remaining space on the chain of an epoch that ends at `ends_at`; null while there is enough. */
export function chainCapacityText({ posts, runs, tight }: ChainCapacityView, ends_at: number): string | null {
  if (!tight) return null
  const until = clock(ends_at)
  if (runs === 0)
    return `full: until ${until} no task can be posted here, and it takes no more tasks of others`
  if (posts === 0)
    return `nearly full: until ${until} no task of ${limits.attempts} attempts can be posted here, and it takes ${runs} more of others`
  return `nearly full: until ${until} it takes at least ${posts} more tasks posted here, or ${runs} of others`
}

/** Formats a time as a span before now for people, and as a date for programs. */
export function ago(at: number, { now }: Pick<Screen, 'now'>): string {
  return now === null ? clock(at) : `${roughly(Math.max(0, now - at))} ago`
}

/** Formats a span of time in its largest unit. */
export function roughly(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1_000],
  ] as const
  const [unit, length] = units.find(([, each]) => ms >= each) ?? ['s', 1_000]
  return `${Math.floor(ms / length)} ${unit}`
}

/** Shortens a key or hash for a table: its type and its beginning. */
export function short(hash: string | null): string {
  return hash === null ? '-' : hash.length > 16 ? `${hash.slice(0, 14)}…` : hash
}

/** Describes a peer's part in a task, whether it has the task, and when it is asked. */
export function peerReason(peer: PlanView['peers'][number] | WhyView['peers'][number]): string {
  const has = 'has' in peer ? peer.has : null
  return [
    peer.reason,
    ...(peer.self && peer.rank !== null ? ['asked when no other can'] : []),
    ...(has ? [`${has.as === 'stand_in' ? 'stands in' : 'has it'} until ${clock(has.until)}`] : []),
    ...(peer.busy_until === null ? [] : [`not asked before ${clock(peer.busy_until)}`]),
  ].join('; ')
}

/** Returns a peer's name, with this machine marked. */
export function peerName({ self, name }: Pick<WhyView['peers'][number], 'self' | 'name'>): string {
  return self ? `${oneLine(name)} (this one)` : oneLine(name)
}

/** Describes the outcome of each attempt of a task, one line each. */
export function attemptLines(
  { state, attempts }: Pick<WhyView, 'state' | 'attempts'>,
  nameOf: (agent: string) => string,
): string[] {
  const closed = state !== null && closedStates.has(state)
  return attempts.map((one) => {
    const unsaid = closed ? 'lost it' : one.result === null ? 'has it' : 'gave a result'
    return `attempt ${one.attempt}: ${nameOf(one.worker)} ${endText(one) ?? unsaid}`
  })
}

function endText({ ended, verdict }: AttemptView): string | null {
  if (ended === null) return null
  const { why, code, since } = ended
  const at = since === null ? '' : clock(since)
  switch (why) {
    case 'silent':
      return at ? `fell silent: not heard of since ${at}` : 'fell silent'
    case 'expired':
      return at
        ? `lost it: its lease or its time for a run ended at ${at}`
        : 'lost it: its lease or its time for a run ended'
    case 'released':
      return 'gave it back'
    case 'rejected':
      return `gave a result that was rejected${verdict === null ? '' : `: ${verdict}`}`
    case 'failed':
      return code === null ? 'failed' : `failed: ${code}`
    case 'accepted':
      return 'was accepted'
    case 'closed':
      return 'had it when the task ended'
  }
}

/** Returns the code of the last attempt if that failed; null otherwise. */
function failureCode(attempts: readonly AttemptView[]): string | null {
  return attempts.at(-1)?.ended?.code ?? null
}

/** Returns in one word why a task ended without an accepted result; '-' if its state says all. */
export function endingWord({ ended, attempts }: Pick<TaskView, 'ended' | 'attempts'>): string {
  if (ended === null) return '-'
  const code = ended.why === 'cancelled' || ended.why === 'attempts' ? failureCode(attempts) : null
  return code ?? (ended.why === 'cancelled' ? '-' : ended.why)
}

/** Describes why a task ended, after these attempts. */
export function endingText({ why, ms, task }: TaskEnd, attempts: readonly AttemptView[]): string {
  switch (why) {
    case 'queue':
      return `no machine was granted it within its time in the queue (${span(ms ?? 0)})`
    case 'total':
      return `its whole time (${span(ms ?? 0)}) ran out`
    case 'attempts':
      return attempts.length === 1 ? 'its only attempt was lost' : `all ${attempts.length} attempts were lost`
    case 'nobody':
      return 'no machine is left that could run it: each gave a result that was rejected, or has gone'
    case 'prompt':
      return 'the prompt ended the engine of the machine that read it, and would end that of another'
    case 'refused':
      return 'no machine that is there runs it, and waiting does not change that'
    case 'cancelled': {
      // An ask is withdrawn if no other machine would do better, as after a prompt that is too long.
      const code = failureCode(attempts)
      return code === null ? 'its poster withdrew it' : `its poster withdrew it after a run failed: ${code}`
    }
    case 'dependency':
      return `task ${task}, which it depends on, was closed without an accepted result`
    case 'twin':
      return `its key already stood for task ${task}`
  }
}

/**
 * Says whether a task would outlive this machine. It is shown until a worker has the task, or to its end if there are
 * stand-ins.
 */
function heldBy({ state, held_by, stand_ins, fallback_after_ms }: TaskView): string {
  const matters = fallback_after_ms !== null || state === 'posted' || state === 'offered'
  if (held_by === null || !matters) return ''
  const held = held_by === 0 ? 'only here yet' : `held by ${held_by} ${held_by === 1 ? 'peer' : 'peers'}`
  return ` (${held}${stand_ins === 0 ? '; no other machine can run it now' : ''})`
}

/** Lists the machines that refused a task, each with its reason. */
function refusersText({ refusals, poster }: TaskView): string {
  const who = (peer: string) => (peer === poster ? 'this machine' : short(peer))
  return refusals.map(({ peer, code }) => `${who(peer)} (${code})`).join(', ')
}

/** Returns a task as a block of lines, with its lost attempts and without its answer. */
export function taskLines(task: TaskView, screen?: Pick<Screen, 'width'>): string[] {
  const lost = task.attempts.filter(({ ended }) => ended && ended.why !== 'accepted')
  const rows = fields(
    [
      ['id', task.id],
      ['state', `${task.state}${heldBy(task)}`],
      ...(task.ended ? [['because', endingText(task.ended, task.attempts)] as const] : []),
      ...(task.ended?.why === 'refused' ? [['refused by', refusersText(task)] as const] : []),
      ['task', task.task],
      ['model', task.model?.name ?? '-'],
      ['priority', task.priority],
      ['placed by', `${task.placement.prefer}, ${task.placement.strategy}`],
      ['poster', task.poster],
      ['worker', task.worker ?? '-'],
      ['attempts', `${task.attempts.length} of ${task.max_attempts}`],
      ['output', task.output?.cid ?? '-'],
      ['receipt', task.receipt ?? '-'],
    ],
    screen,
  )
  return [...rows, ...attemptLines({ state: task.state, attempts: lost }, short)]
}

/**
 * Says which machines can join with a command that names a network's server. If only this machine can, it adds how
 * others could.
 */
export function joinNotes(join: string): string[] {
  const [url = ''] = /https?:[^'#]+/.exec(join) ?? []
  if (!URL.canParse(url) || !isLoopback(new URL(url).hostname)) return [`another machine joins with: ${join}`]
  return [
    `another peer on this machine joins with: ${join} --data FOLDER --port 0`,
    "for other machines, run 'ripple relay --listen ADDRESS:PORT' on one of them",
  ]
}

/** The facts about the origin of an answer that people see. */
export interface Origin {
  readonly model: string
  readonly route: Route
  readonly peer: string | null
  readonly why: string
  readonly receipts: readonly string[]
}

/** Names the model that answered, its place, the reason and the receipts. */
export function originNotes({ model, route, peer, why, receipts }: Origin): string[] {
  const places = {
    local: ' on this machine',
    mesh: ` on ${short(peer)}`,
    cache: ' from the prompt cache',
    upstream: '',
    ensemble: '',
  }
  return [oneLine(`${model}${places[route]}: ${why}`), ...receipts.map((path) => `receipt ${path}`)]
}
