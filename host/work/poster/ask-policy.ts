/** Asks the policy about tasks that are posted, claimed or run. */
import { PAYLOAD_BYTES_MAX } from '../../../zomes-bindings/generated/limits.ts'
import type { Task } from '../../../zomes-bindings/generated/resource-mesh.ts'
import { refusedByPolicy } from '../../errors/refused-by-policy.ts'
import { limits } from '../../limits.ts'
import { type Held, needsEngine } from '../../mesh/state/held.ts'
import { type DataClass, defaultDataClass } from '../../types/data-class.ts'
import type { Decision } from '../../types/decision.ts'
import type { ActionHash, EntryOf, EventOf } from '../../types/events.ts'
import type { InferencePayload } from '../../types/inference.ts'
import type { Message } from '../../types/message.ts'
import type { ClaimInput, PostInput, RunInput } from '../../types/policy-input.ts'
import { principalFact } from '../../types/principal.ts'
import type { WorkContext } from '../context/context.ts'
import { isGates } from '../context/refused-tasks.ts'
import type { TaskSpec } from './task-spec.ts'

/** The parts of a request that the policy gets in addition to the Task. */
type Told = Pick<TaskSpec, 'only' | 'sensitivity' | 'trace_id' | 'data_class' | 'principal'>

/** Asks the policy whether a task may be posted. Rejects with `RIPPLE_POLICY_REFUSED`. */
export async function mayPost(
  task: EntryOf<'Task'>,
  { only, sensitivity, trace_id = null, data_class = classOf(sensitivity), principal }: Told,
  context: WorkContext,
): Promise<void> {
  const facts: PostInput = {
    ...kindOf(task),
    payload_bytes_max: PAYLOAD_BYTES_MAX,
    fallback: task.fallback?.allow.type ?? 'none',
    requirements: { ...task.requirements },
    max_attempts: task.max_attempts,
    open_tasks: context.state().open.size,
    data_class,
    only_self: only === context.state().self,
    trace_id,
    principal: principalFact(principal),
  }
  const decision = await context.needs.gate.decide('post', task.id, facts)
  if (!decision.allow) throw refusedByPolicy(decision, trace_id)
}

/** Returns the decision by which the policy refuses a claim; null where it allows the claim. */
export async function mayClaim(task: EventOf<'Task'>, context: WorkContext): Promise<Decision | null> {
  const before = context.refusedTasks.of(task.hash)
  if (before) return before
  const decision = await context.needs.gate.decide('run', task.hash, claimFacts(task, context))
  return decision.allow ? null : noted(task.hash, decision, context)
}

/** Asks the policy whether a granted task may be run, now that its payload is here. */
export async function mayRun(
  held: Held,
  task: EventOf<'Task'>,
  asked: InferencePayload,
  context: WorkContext,
): Promise<Decision> {
  const decision = await context.needs.gate.decide('run', held.task, runFacts(task, asked, context))
  return decision.allow ? decision : noted(held.task, decision, context)
}

/** Asks the policy whether an own task may begin here before its grant. At the grant the policy is asked again. */
export async function policyAllowsRun(
  entry: EntryOf<'Task'>,
  asked: InferencePayload,
  context: WorkContext,
): Promise<boolean> {
  const facts = runFacts({ author: context.needs.dht.agent, entry }, asked, context)
  return (await context.needs.gate.decide('run', entry.id, facts)).allow
}

/** Returns the refusal for a poster. A refusal by the gate itself may be over soon, so it says when to retry. */
export function refusal(task: ActionHash, decision: Decision): Extract<Message, { type: 'refuse' }> {
  const retry_after_ms = isGates(decision) ? limits.policy_retry_ms : null
  return { type: 'refuse', task, code: 'policy_refuses', policy_hash: decision.policy.digest, retry_after_ms }
}

/** A Task with its author. */
type Signed = Pick<EventOf<'Task'>, 'author' | 'entry'>

function noted(task: ActionHash, decision: Decision, context: WorkContext): Decision {
  context.record({ type: 'policy_refused', task, rule: decision.rule })
  context.refusedTasks.note(task, decision)
  return decision
}

/** Returns the data class of a task that is posted without one: a public task is public. */
function classOf(sensitivity: TaskSpec['sensitivity']): DataClass {
  return sensitivity === 'public' ? 'public' : defaultDataClass
}

/** Returns the facts of a task that are known once its payload is here. */
export function askedOf({ input, parameters }: Pick<InferencePayload, 'input' | 'parameters'>) {
  return {
    input_type: input.type,
    max_tokens: parameters.max_tokens,
    context_tokens: parameters.context_tokens,
    tools: input.type === 'chat' ? input.tools.length : 0,
  }
}

function runFacts(task: Signed, asked: InferencePayload, context: WorkContext): RunInput {
  return { ...claimFacts(task, context), stage: 'run', ...askedOf(asked) }
}

function claimFacts({ author, entry }: Signed, context: WorkContext): ClaimInput {
  const { self, held } = context.state()
  return {
    stage: 'claim',
    ...kindOf(entry),
    poster: author,
    own: author === self,
    held: [...held.values()].filter(needsEngine).length,
  }
}

/** Returns the facts of a task that every decision point gets. */
function kindOf(task: Task) {
  const { work, sensitivity, payload_bytes, priority, deterministic, redundancy } = task
  return {
    class: task.class,
    model: work.type === 'model' ? { name: work.name, digest: work.digest } : null,
    sensitivity,
    payload_bytes,
    priority,
    deterministic: deterministic !== null,
    redundancy,
  }
}
