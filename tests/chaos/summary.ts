import { failpoints } from '../../host/work/context/failpoints.ts'
import { type Failover, spread } from './failovers.ts'
import { type ChaosOutcome, retryTakes } from './outcome.ts'

/**
 * Failovers with nothing else wrong that a percentile rests on, and kills that are sure to give so many in mid-answer, for
 * one in twenty-four did, and to come to every fail point: 309 came to each of them three times and more. The 95th percentile
 * of fewer than twenty is the longest of them.
 */
export const needed = { failovers: 10, kills: 500 }

/** Refusals that are no defect: a task that names one which ended otherwise than accepted can never start. */
const rightful = new Set(['RIPPLE_TASK_NEVER_READY'])

/** The verdict on a run. */
export interface Verdict {
  /** The broken promises and the missing work, in words; empty for a good run. */
  readonly broken: readonly string[]
  /** The questions that the run was too short to answer. */
  readonly open: readonly string[]
}

/** Judges a run: its promises, whether it was what was asked for, its times, and where it killed. */
export function judge(outcome: ChaosOutcome): Verdict {
  const [times, points] = [timesOf(outcome), pointsOf(outcome)]
  return {
    broken: [...brokenBy(outcome), ...times.broken, ...points.broken],
    open: [...times.open, ...points.open, ...unquiet(outcome)],
  }
}

/** That the run's end was too short to tell a task that nobody took again from one that faults kept from it. */
function unquiet({ asked: { quiet_ms, lease_ms } }: ChaosOutcome): string[] {
  const takes = retryTakes(lease_ms)
  return quiet_ms < takes
    ? [
        `whether every lost task was given again: ${seconds(quiet_ms)} of quiet are less than ${seconds(takes)}`,
      ]
    : []
}

/** Fail points that no daemon came to: what a death there does was not seen. */
function pointsOf({ asked, kills }: ChaosOutcome): Verdict {
  const never = failpoints.filter((point) => !kills[point])
  const said = never.length === 0 ? [] : [`nobody was killed at ${never.join(', ')}`]
  return asked.kills < needed.kills ? { broken: [], open: said } : { broken: said, open: [] }
}

/**
 * The promises that a run broke and what it left undone, in words, whatever time it took: how fast a machine is says
 * nothing of them.
 */
export function brokenBy(outcome: ChaosOutcome): string[] {
  const { violations, lost, refused, defects } = outcome
  const wrongly = Object.entries(refused).filter(([code]) => !rightful.has(code))
  return [
    ...violations.map(({ rule, task, detail }) => `${rule}: ${task}: ${detail}`),
    ...(lost > 0 ? [`${lost} acknowledged tasks have not ended`] : []),
    ...wrongly.map(([code, count]) => `refused ${count} times with ${code}`),
    ...defects,
    ...missing(outcome),
  ]
}

/** Lists the requested work that was not done: a run in which little happened has shown little. */
function missing({ asked, acknowledged, refused, kills }: ChaosOutcome): string[] {
  const answered = acknowledged + [...rightful].reduce((total, code) => total + (refused[code] ?? 0), 0)
  const killed = sum(kills)
  return [
    ...(answered < asked.tasks ? [`only ${answered} of ${asked.tasks} tasks`] : []),
    ...(killed < asked.kills ? [`only ${killed} of ${asked.kills} kills`] : []),
  ]
}

function timesOf(outcome: ChaosOutcome): Verdict {
  const clean = outcome.failovers.filter(({ besides }) => besides === 'nothing')
  const midAnswer = clean.filter((one) => one.midAnswer)
  return [
    timeOf('a failover in mid-answer', outcome, midAnswer),
    timeOf('a failover', outcome, clean),
  ].reduce((a, b) => ({ broken: [...a.broken, ...b.broken], open: [...a.open, ...b.open] }))
}

/** Each time against its own bound, for leases differ. */
function timeOf(what: string, { asked }: ChaosOutcome, clean: readonly Failover[]): Verdict {
  if (clean.length < needed.failovers) {
    const few = `${what}: too few clean failovers to judge a percentile (${clean.length} < ${needed.failovers})`
    return asked.kills < needed.kills ? { broken: [], open: [few] } : { broken: [few], open: [] }
  }
  const excess = spread(clean.map(({ ms, bound_ms }) => ms - bound_ms))
  const late = excess && excess.p95 > 0 ? [`p95 of ${what} is ${seconds(excess.p95)} over its bound`] : []
  return { broken: late, open: [] }
}

/** The outcome as a table for people. */
export function summary(outcome: ChaosOutcome): string {
  const { broken, open } = judge(outcome)
  const rows: [string, string][] = [
    ['seed', String(outcome.seed)],
    [
      'tasks',
      `${outcome.asked.tasks} asked for, ${outcome.posted} posted, ${outcome.acknowledged} acknowledged: ${counts(outcome.endings)}`,
    ],
    ['unanswered', counts(outcome.unanswered)],
    ['lost', String(outcome.lost)],
    ['broken promises', String(outcome.violations.length)],
    ['kills', `${outcome.asked.kills} asked for, ${sum(outcome.kills)} made: ${counts(outcome.kills)}`],
    ['troubles', counts(outcome.faults)],
    ['restart', times(outcome.restarts)],
    ...failoverRows(outcome.failovers),
    ['said again', counts(outcome.again)],
    ['refused', counts(outcome.refused)],
    ['wall', seconds(outcome.wall_ms)],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  const table = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
  const kept = open.length === 0 ? 'everything was kept' : 'everything was kept that could be judged'
  return ['', ...table, '', ...open, ...(broken.length === 0 ? [kept] : broken)].join('\n')
}

const besides = {
  nothing: '',
  poster_hit: ', poster hit too',
  nobody_left: ', no other peer whole',
  worker_back: ', worker came back',
} as const

function failoverRows(all: readonly Failover[]): [string, string][] {
  return Object.entries(besides).flatMap(([kind, words]) =>
    [true, false].map((midAnswer): [string, string] => [
      `failover, ${midAnswer ? 'in mid-answer' : 'before it'}${words}`,
      times(all.filter((one) => one.besides === kind && one.midAnswer === midAnswer).map(({ ms }) => ms)),
    ]),
  )
}

function times(all: readonly number[]): string {
  const found = spread(all)
  return found
    ? `n=${found.n}, p50 ${seconds(found.p50)}, p95 ${seconds(found.p95)}, most ${seconds(found.max)}`
    : 'none'
}

function counts(of: Readonly<Record<string, number>>): string {
  const all = Object.entries(of).map(([name, count]) => `${count} ${name}`)
  return all.length === 0 ? 'none' : all.join(', ')
}

function sum(of: Readonly<Record<string, number>>): number {
  return Object.values(of).reduce((total, count) => total + count, 0)
}

/** A time as people read it. */
export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
