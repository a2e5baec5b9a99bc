/** Counts the events of the daemon in its metrics. */
import { limits } from '../../limits.ts'
import type { DaemonEvent, EventName, EventOf } from '../catalogue.ts'
import type { Meters } from './meters.ts'

type Counting = { readonly [N in EventName]?: (event: EventOf<N>, now: number) => void }

const SECOND_MS = 1_000

/** Returns a function that counts an event at a moment, in milliseconds since 1970. It never throws. */
export function countEvents(meters: Meters): (event: DaemonEvent, now: number) => void {
  const counting = countings(meters)
  return (event, now) => {
    meters.add('ripple_events_total', { event: event.type })
    const count = counting[event.type] as ((event: DaemonEvent, now: number) => void) | undefined
    count?.(event, now)
  }
}

function countings({ add, observe }: Meters): Counting {
  // The posts of own requests that have no text yet, oldest first.
  const awaited = new Map<string, number>()
  return {
    task_state: ({ task_key, state }, now) => {
      if (state !== 'posted') return
      awaited.set(task_key, now)
      const [oldest] = awaited.keys()
      if (awaited.size > limits.metric_awaited_max && oldest !== undefined) awaited.delete(oldest)
    },
    task_text: ({ task_key }, now) => {
      const posted = awaited.get(task_key)
      if (posted === undefined) return
      awaited.delete(task_key)
      observe('ripple_task_first_text_seconds', {}, (now - posted) / SECOND_MS)
    },
    task_closed: ({ outcome, priority, place, why, wait_ms, total_ms, tokens_in, tokens_out }) => {
      add('ripple_tasks_total', { outcome, priority, place })
      if (outcome !== 'accepted') add('ripple_tasks_unaccepted_total', { why: why ?? 'other' })
      observe('ripple_task_duration_seconds', { outcome }, total_ms / SECOND_MS)
      if (wait_ms !== null) observe('ripple_task_wait_seconds', {}, wait_ms / SECOND_MS)
      if (outcome !== 'accepted') return
      add('ripple_task_tokens_total', { direction: 'in', place }, tokens_in)
      add('ripple_task_tokens_total', { direction: 'out', place }, tokens_out)
    },
    run_ended: ({ status }) => add('ripple_runs_total', { status }),
    run_measured: ({ tokens_in, tokens_out, run_ms }) => {
      add('ripple_run_tokens_total', { direction: 'in' }, tokens_in)
      add('ripple_run_tokens_total', { direction: 'out' }, tokens_out)
      observe('ripple_run_duration_seconds', {}, run_ms / SECOND_MS)
    },
    offered: () => add('ripple_offers_total', {}),
    refused: ({ code }) => add('ripple_offers_refused_total', { reason: code }),
    released: ({ reason }) => add('ripple_grants_released_total', { reason }),
    checked: ({ verdict }) =>
      add('ripple_results_checked_total', { verdict: verdict === 'ok' ? 'ok' : 'rejected' }),
    policy_decided: ({ point, allow }) =>
      add('ripple_policy_decisions_total', { point, decision: allow ? 'allow' : 'refuse' }),
    process_crashed: ({ child }) => add('ripple_process_restarts_total', { child }),
  }
}
