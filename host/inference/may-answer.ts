/** Asks the policies about answers without a task. */
import { refusedByPolicy } from '../errors/refused-by-policy.ts'
import type { DataClass } from '../types/data-class.ts'
import type { Gate } from '../types/decision.ts'
import type { AgentKey } from '../types/events.ts'
import type { RunInput } from '../types/policy-input.ts'
import { principalFact } from '../types/principal.ts'
import { encodePayload } from '../work/context/payload.ts'
import { askedOf } from '../work/poster/ask-policy.ts'
import type { TaskSpec } from '../work/poster/task-spec.ts'
import type { Work } from '../work/work.ts'

/** The parts of the daemon that ask the policies. */
export interface PolicyNeeds {
  readonly gate: Gate
  readonly self: AgentKey
  /** Whether asks are posted as tasks. */
  readonly post: boolean
  readonly work: Pick<Work, 'mayPost' | 'heldGrants'>
}

/** A request under the name of its answer. */
export type NamedRequest = TaskSpec & {
  readonly key: string
  readonly trace_id: string
  readonly data_class: DataClass
}

/**
 * Asks the policy about an answer without a task. A cached answer is decided as a `post`, and one that this machine makes
 * without a task as a `run`. Rejects with `RIPPLE_POLICY_REFUSED`.
 */
export async function mayAnswer(needs: PolicyNeeds, request: NamedRequest): Promise<void> {
  if (needs.post) return needs.work.mayPost(request)
  const { key, payload, model, sensitivity, priority, deterministic, data_class, trace_id, principal } =
    request
  const facts: RunInput = {
    stage: 'run',
    class: 'inference',
    model,
    poster: needs.self,
    own: true,
    sensitivity,
    payload_bytes: encodePayload(payload).length,
    priority,
    deterministic,
    redundancy: 1,
    held: needs.work.heldGrants(),
    ...askedOf(payload),
    data_class,
    trace_id,
    principal: principalFact(principal),
  }
  const decision = await needs.gate.decide('run', key, facts)
  if (!decision.allow) throw refusedByPolicy(decision, trace_id)
}
