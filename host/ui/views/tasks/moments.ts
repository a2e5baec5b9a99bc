/** Puts the moments of a task's life in their order. */
import type { StreamEvent } from '../../../telemetry/catalogue.ts'
import type { AnswerOf } from '../../daemon/call.ts'
import { type End, isEnd, type Task } from './task.ts'

type Why = AnswerOf<'task.why'>

/** The kinds of moments. */
export type MomentKind =
  | 'posted'
  | 'allowed'
  | 'forbidden'
  | 'offered'
  | 'refused'
  | 'granted'
  | 'started'
  | 'result'
  | 'lost'
  | End

/** A moment of a task's life. */
export interface Moment {
  /** Milliseconds since 1970, by the daemon's clock. */
  readonly at: number
  readonly kind: MomentKind
  /** The machine that it is about. */
  readonly agent: string | null
  /** The number of the attempt. */
  readonly attempt: number | null
  /** A code: of a refusal, of the end of an attempt, of a rule, or why the attempt before was superseded. */
  readonly code: string | null
}

/** An event that the page heard about the task. */
export type Heard = Extract<StreamEvent, { type: 'task_state' }>

/** Two reports of one moment are at most this far apart, in milliseconds. */
const SAME_MS = 5_000

/** Returns all known moments of a task, first to last. */
export function momentsOf(task: Task, why: Why | null, heard: readonly Heard[]): readonly Moment[] {
  const known = [...ofTask(task), ...(why ? ofWhy(why) : [])]
  const further = heard.flatMap((event) => {
    const moment = ofEvent(event)
    return moment && !known.some((one) => isSame(one, moment)) ? [moment] : []
  })
  return [...known, ...further].sort((one, other) => one.at - other.at || rank(one) - rank(other))
}

function ofTask({ times, attempts, worker, state }: Task): Moment[] {
  const { posted_at, started_at, closed_at } = times
  const moments: Moment[] = [moment('posted', posted_at)]
  for (const { attempt, worker: agent, granted_at, result_at, reason, ended, verdict } of attempts) {
    const code = reason === 'none' ? null : reason
    if (granted_at !== null) moments.push(moment('granted', granted_at, { agent, attempt, code }))
    if (result_at !== null)
      moments.push(moment('result', result_at, { agent, attempt, code: verdict === 'ok' ? null : verdict }))
    if (ended?.since != null)
      moments.push(moment('lost', ended.since, { agent, attempt, code: ended.code ?? ended.why }))
  }
  if (started_at !== null) moments.push(moment('started', started_at, { agent: worker }))
  if (closed_at !== null && isEnd(state)) moments.push(moment(state, closed_at))
  return moments
}

function ofWhy({ peers, decisions }: Why): Moment[] {
  const refusals = peers.flatMap(({ peer, answered }) =>
    answered ? [moment('refused', answered.at, { agent: peer, code: answered.code })] : [],
  )
  const decided = decisions.map(({ allow, at, point, rule, reasons }) =>
    moment(allow ? 'allowed' : 'forbidden', at, { code: [point, rule, ...reasons].join(', ') }),
  )
  return [...refusals, ...decided]
}

function ofEvent({ state, at, peer }: Heard): Moment | null {
  if (state === 'offered') return moment('offered', at)
  return state === 'running' ? moment('started', at, { agent: peer }) : null
}

function moment(kind: MomentKind, at: number, rest: Partial<Omit<Moment, 'kind' | 'at'>> = {}): Moment {
  return { at, kind, agent: null, attempt: null, code: null, ...rest }
}

function isSame(one: Moment, other: Moment): boolean {
  const { kind, agent, at } = other
  return one.kind === kind && one.agent === agent && Math.abs(one.at - at) < SAME_MS
}

/** The order of moments of the same millisecond. */
const order: readonly MomentKind[] = [
  'forbidden',
  'allowed',
  'posted',
  'offered',
  'refused',
  'granted',
  'started',
  'lost',
  'result',
]

function rank({ kind }: Moment): number {
  const at = order.indexOf(kind)
  return at === -1 ? order.length : at
}
