import { limits } from '../limits.ts'
import type { Decision } from '../types/decision.ts'
import type { ActionHash, Millis } from '../types/events.ts'

/**
 * Tasks that the policy of this machine refused to run lately. Their posters go on to offer them in every round; they hear the
 * same again, without the policy being asked and without another line in the audit file. A restart forgets them.
 */
export class RefusedTasks {
  /** The oldest first. */
  readonly #refused = new Map<ActionHash, { readonly decision: Decision; readonly until: Millis }>()

  /** Remembers a refusal. One of the gate's own, for want of an answer, says nothing of the task and is not kept. */
  note(task: ActionHash, decision: Decision, now: Millis): void {
    if (isGates(decision)) return
    this.#refused.delete(task)
    this.#refused.set(task, { decision, until: now + limits.policy_refused_ms })
    const [oldest] = this.#refused.keys()
    if (this.#refused.size > limits.policy_refused_tasks_max && oldest) this.#refused.delete(oldest)
  }

  /** The decision by which a task was refused, while that is remembered. */
  of(task: ActionHash, now: Millis): Decision | null {
    const known = this.#refused.get(task)
    if (!known) return null
    if (now < known.until) return known.decision
    this.#refused.delete(task)
    return null
  }
}

/** Whether it was not a policy that refused but the gate, because no policy gave an answer or none could be recorded. */
export function isGates({ rule }: Decision): boolean {
  return rule.startsWith('gate.')
}
