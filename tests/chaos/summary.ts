import { type ChaosOutcome, seconds } from './chaos.ts'
import { type Failover, spread } from './failovers.ts'

/** How long a worker that fell silent in mid-answer may keep its grant, and what a lease may run over, in milliseconds. */
const bounds = { midAnswer: 8_000, overLease: 5_000 }

/** What a run did not keep, in words; empty when it kept everything, its times included. */
export function judge(outcome: ChaosOutcome): string[] {
  return [...brokenBy(outcome), ...lateIn(outcome)]
}

/** The promises that a run broke, in words, whatever time it took: how fast a machine is says nothing of them. */
export function brokenBy({ violations, lost, defects }: ChaosOutcome): string[] {
  return [
    ...violations.map(({ rule, task, detail }) => `${rule}: ${task}: ${detail}`),
    ...(lost > 0 ? [`${lost} acknowledged tasks have not ended`] : []),
    ...defects,
  ]
}

function lateIn(outcome: ChaosOutcome): string[] {
  return [
    ...late(
      'a failover in mid-answer',
      outcome,
      (one) => one.midAnswer,
      () => bounds.midAnswer,
    ),
    ...late(
      'a failover',
      outcome,
      () => true,
      ({ lease_ms }) => lease_ms + bounds.overLease,
    ),
  ]
}

function late(
  what: string,
  { failovers }: ChaosOutcome,
  counts: (one: Failover) => boolean,
  bound: (one: Failover) => number,
): string[] {
  const over = failovers
    .filter((one) => one.besides === 'nothing' && counts(one))
    .map((one) => one.ms - bound(one))
  const excess = spread(over)
  return excess && excess.p95 > 0 ? [`p95 of ${what} is ${seconds(excess.p95)} over its bound`] : []
}

/** The outcome as a table for people. */
export function summary(outcome: ChaosOutcome): string {
  const broken = judge(outcome)
  const rows: [string, string][] = [
    ['seed', String(outcome.seed)],
    ['tasks', `${outcome.posted} posted, ${outcome.acknowledged} acknowledged: ${counts(outcome.endings)}`],
    ['lost', String(outcome.lost)],
    ['broken promises', String(outcome.violations.length)],
    ['kills', `${sum(outcome.kills)}: ${counts(outcome.kills)}`],
    ['troubles', counts(outcome.faults)],
    ['restart', times(outcome.restarts)],
    ...failoverRows(outcome.failovers),
    ['said again', counts(outcome.again)],
    ['refused', counts(outcome.refused)],
    ['wall', seconds(outcome.wall_ms)],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  const table = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
  return ['', ...table, '', ...(broken.length === 0 ? ['everything was kept'] : broken)].join('\n')
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
      `next grant, ${midAnswer ? 'in mid-answer' : 'before it'}${words}`,
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
