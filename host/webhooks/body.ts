/** Makes the bodies of webhooks: facts about a task or a refusal, without prompts and answers. */
import type { WebhookEvent } from '../config/webhooks.ts'
import type { StreamEvent } from '../telemetry/catalogue.ts'
import type { AgentKey } from '../types/events.ts'

/** The end of a task that this machine posted. */
export interface TaskEnded {
  /** The machine that reports it, which posted the task. */
  readonly agent: AgentKey
  /** The key that the client gave its request, and the task's hash. */
  readonly task_key: string
  readonly task: string
  readonly state: string
  /** The machine whose result was accepted, or that had the task last; null if none had it. */
  readonly worker: AgentKey | null
  /** Why the task ended without an accepted result, as `task why` names it; null otherwise. */
  readonly why: string | null
}

/** A refusal by a policy of this machine. */
export interface Refused {
  readonly agent: AgentKey
  /** The id of the decision in the audit file. */
  readonly decision: string
  /** The policy that refused, and its rule. */
  readonly point: string
  readonly rule: string
  /** The key or the hash of the task or request that was refused. */
  readonly subject: string
}

/** The body of one delivery, in the form of Standard Webhooks. */
export interface WebhookBody {
  readonly type: WebhookEvent
  /** The moment of the event, in ISO 8601 with UTC. */
  readonly timestamp: string
  readonly data: TaskEnded | Refused
}

/** Returns the event of which webhooks are notified; null if an event of the daemon is none of theirs. */
export function webhookEventOf(event: StreamEvent): WebhookEvent | null {
  if (event.type === 'policy_decided') return event.allow ? null : 'refused'
  if (event.type !== 'task_state') return null
  if (event.state === 'accepted') return 'accepted'
  return event.state === 'failed' || event.state === 'expired' ? 'failed' : null
}

/** Returns the body for an event of which webhooks are notified, else null. `why` names the reason of a task's end. Pure. */
export function webhookBody(event: StreamEvent, agent: AgentKey, why: string | null): WebhookBody | null {
  const type = webhookEventOf(event)
  if (type === null) return null
  const timestamp = new Date(event.at).toISOString()
  if (event.type === 'policy_decided') {
    const { decision, point, rule, subject } = event
    return { type, timestamp, data: { agent, decision, point, rule, subject } }
  }
  if (event.type !== 'task_state') return null
  const { task_key, task, state, peer: worker } = event
  return { type, timestamp, data: { agent, task_key, task, state, worker, why } }
}
