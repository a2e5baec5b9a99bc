/** Declares every metric: its type, its labels with all their values, its source and its meaning. */
import { decisionPoints } from '../../types/decision.ts'
import { conductorStates } from '../../types/machine-facts.ts'
import { refusalCodes } from '../../types/message.ts'
import { ownStates } from '../../types/own-state.ts'
import { peerStates } from '../../types/peer-state.ts'
import { version } from '../../version.ts'
import { catalogue } from '../catalogue.ts'
import { closedOutcomes, closedPlaces, closedReasons, taskPriorities } from '../task-closed.ts'

/** The labels of a metric, each with all its values. A value outside becomes `other` where that is listed. */
export type Labels = Readonly<Record<string, readonly string[]>>

/** The types of metrics. */
type MetricType = 'counter' | 'gauge' | 'histogram'

/** A declared metric. */
export interface Metric {
  readonly type: MetricType
  /** The event or the part of the daemon that feeds it. */
  readonly from: string
  readonly about: string
  readonly labels: Labels
  /** Upper bounds of a histogram's buckets, in its unit, rising. */
  readonly buckets: readonly number[]
}

const of =
  <T extends MetricType>(type: T, buckets: readonly number[] = []) =>
  <L extends Labels>(from: string, about: string, labels: L) => ({ type, from, about, labels, buckets })

const counter = of('counter')
const gauge = of('gauge')
/** Seconds from a tenth to half an hour: an answer, its wait, its run. */
const seconds = of('histogram', [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 900, 1_800])

const none = {}
/** Reasons come from peers, so all others count as one. */
const reason = { reason: [...refusalCodes, 'other'] }
const direction = ['in', 'out']
const { run_ended, process_crashed } = catalogue

/** All metrics by name. Names are stable: dashboards and alert rules read them. */
export const metrics = {
  ripple_events_total: counter('every event', 'events of the daemon, by their name', {
    event: Object.keys(catalogue),
  }),
  ripple_tasks_total: counter('`task_closed`', 'own tasks that ended', {
    outcome: closedOutcomes,
    priority: taskPriorities,
    place: closedPlaces,
  }),
  ripple_tasks_unaccepted_total: counter(
    '`task_closed`',
    'own tasks that ended without an accepted result, by the cause',
    { why: [...closedReasons, 'other'] },
  ),
  ripple_task_duration_seconds: seconds('`task_closed`', 'time of own tasks from post to end', {
    outcome: closedOutcomes,
  }),
  ripple_task_wait_seconds: seconds('`task_closed`', 'time of own tasks from post to the first grant', none),
  ripple_task_first_text_seconds: seconds(
    '`task_state`, `task_text`',
    'time of own tasks from post to the first piece of the answer',
    none,
  ),
  ripple_task_tokens_total: counter(
    '`task_closed`',
    'tokens of own accepted tasks: read (in) and generated (out), here or by a peer',
    { direction, place: closedPlaces },
  ),
  ripple_runs_total: counter('`run_ended`', "runs of this machine's engine, for itself and for others", {
    status: run_ended.fields.shape.status.options,
  }),
  ripple_run_duration_seconds: seconds('`run_measured`', 'time of runs that gave an answer', none),
  ripple_run_tokens_total: counter('`run_measured`', 'tokens that the engine read (in) and generated (out)', {
    direction,
  }),
  ripple_offers_total: counter('`offered`', 'offers of own tasks to machines', none),
  ripple_offers_refused_total: counter('`refused`', 'offers that machines refused', reason),
  ripple_grants_released_total: counter('`released`', 'grants that this machine returned', reason),
  ripple_results_checked_total: counter('`checked`', 'results of own tasks that were checked', {
    verdict: ['ok', 'rejected'],
  }),
  ripple_policy_decisions_total: counter('`policy_decided`', 'decisions of the policies', {
    point: [...decisionPoints, 'other'],
    decision: ['allow', 'refuse'],
  }),
  ripple_process_restarts_total: counter(
    '`process_crashed`',
    'child processes that ended and were restarted',
    { child: process_crashed.fields.shape.child.options },
  ),

  ripple_info: gauge('version', '1, with the version of the daemon', { version: [version] }),
  ripple_tasks_open: gauge('tasks', 'own open tasks; `posted` and `offered` wait for a machine', {
    state: ['posted', 'offered', 'granted', 'running', 'delivered'],
  }),
  ripple_grants_held: gauge('tasks', 'grants that this machine runs or is about to', none),
  ripple_engine_runs: gauge('engine', 'runs that the engine does now', none),
  ripple_engine_places: gauge('engine', 'runs that the engine does side by side', none),
  ripple_models_loaded: gauge('engine', 'models in memory', none),
  ripple_models_loaded_bytes: gauge('engine', 'memory of the loaded models', none),
  ripple_peers: gauge('peers', 'other machines with a card', { state: [...peerStates] }),
  ripple_peers_waiting: gauge('peers', 'other machines that are not accepted yet, here or there', none),
  ripple_network_state: gauge('peers', '1 for the state of this machine on its network', {
    state: [...ownStates],
  }),
  ripple_conductor_state: gauge('conductor', '1 for the state of the conductor', { state: conductorStates }),
  ripple_writes_open: gauge('conductor', '1 while this machine may write to its own chains', none),
  ripple_epoch: gauge('conductor', 'number of the epoch that new tasks go to', none),
  ripple_chain_actions: gauge('conductor', "length of this machine's chain in that epoch", none),
  ripple_chain_actions_reserved: gauge(
    'conductor',
    'actions that open tasks and held grants may still need',
    none,
  ),
  ripple_chain_actions_max: gauge('conductor', 'most actions that the epoch takes from one key', none),
  ripple_dht_lag_seconds: gauge(
    'gossip',
    'time since the last comparison of data with another conductor; no sample before the first',
    none,
  ),
  ripple_dht_comparisons: gauge('gossip', 'comparisons of data with other conductors since its start', {
    result: ['ok', 'failed'],
  }),
  ripple_ipfs_pinned: gauge('artifacts', 'pinned artifacts', none),
  ripple_ipfs_pinned_bytes: gauge('artifacts', 'size of the pinned artifacts', none),
  ripple_draining: gauge('sharing', '1 while this machine takes no new work', none),
  ripple_sharing_paused: gauge('sharing', "1 while the owner's settings keep it from work of others", none),

  process_cpu_seconds_total: counter('process', 'processor time of the daemon, without its children', none),
  process_resident_memory_bytes: gauge('process', 'memory of the daemon, without its children', none),
  process_start_time_seconds: gauge('process', 'start of the daemon, in seconds since 1970', none),
} as const satisfies Readonly<Record<string, Metric>>

/** The name of a metric. */
export type MetricName = keyof typeof metrics

/** The labels that a metric takes. */
export type LabelsOf<N extends MetricName> = { readonly [L in keyof (typeof metrics)[N]['labels']]: string }

/** Returns the series of a metric: a histogram has one for each bucket, for the infinite one, for the sum and the count. */
export function seriesOf({ type, labels, buckets }: Metric): number {
  const values = Object.values(labels).reduce((all, { length }) => all * length, 1)
  return values * (type === 'histogram' ? buckets.length + 3 : 1)
}
