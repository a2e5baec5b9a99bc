/** Holds what happened lately, from the events of the daemon. */
import { signal } from '@preact/signals'
import { pageLimits } from '../../limits/page.ts'
import type { StreamEvent } from '../../telemetry/catalogue.ts'

/** The newest events of different subjects, newest first: of one subject, such as a task, only the last event stays. */
export const happenings = signal<readonly StreamEvent[]>([])

/** Returns the events with one more, which replaces the one of its subject. An event that came before changes nothing. */
export function happened(before: readonly StreamEvent[], event: StreamEvent): readonly StreamEvent[] {
  if (event.type === 'reset' || before.some(({ id }) => id === event.id)) return before
  const subject = subjectOf(event)
  const others = before.filter((one) => subject === null || subjectOf(one) !== subject)
  return [event, ...others].slice(0, pageLimits.page_happenings_max)
}

function subjectOf(event: StreamEvent): string | null {
  if ('grant' in event) return `run ${event.grant}`
  if ('task' in event) return `task ${event.task}`
  if (event.type === 'own_state') return event.type
  if ('agent' in event) return `machine ${event.agent}`
  return 'sha256' in event && event.sha256 !== null ? `model ${event.sha256}` : null
}
