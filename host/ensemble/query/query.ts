/** Runs one question through an ensemble: members, vote, policy and record. */
import { canonicalJson } from '../../codec/canonical-json.ts'
import { sha256Hex } from '../../codec/digest.ts'
import { refusedByPolicy } from '../../errors/refused-by-policy.ts'
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import type { ErrorCode } from '../../errors/table.ts'
import type { Places, SharedInference } from '../../types/answer.ts'
import type { Decision, Gate } from '../../types/decision.ts'
import type { EnsembleRecord, RecordBody } from '../../types/ensemble-record.ts'
import type { Millis } from '../../types/events.ts'
import type { Json } from '../../types/json.ts'
import type { MergeInput } from '../../types/policy-input.ts'
import { principalFact } from '../../types/principal.ts'
import type { Route } from '../cards/card-for.ts'
import { formOf } from '../members/able-models.ts'
import { chooseCloud } from '../members/members.ts'
import { type MembersNeeds, membersNow } from '../members/members-now.ts'
import { type InferencePolicy, policyDigest, triggerOf } from '../members/policy.ts'
import type { CloudMembers, EnsembleQuery, Membership } from '../members/types.ts'
import { ballotsOf, type Outcome, reduceBallots } from '../vote/reduce.ts'
import { askMembers, type Reply } from './ask-members.ts'
import { sealRecord } from './record.ts'
import { unanswered } from './unanswered.ts'

/** The ports of a question to an ensemble. */
export interface QueryNeeds extends MembersNeeds {
  readonly inference: Pick<SharedInference, 'models' | 'places'>
  readonly gate: Gate
  /** Null if no provider may be asked, as on a `local` network. */
  readonly cloud: CloudMembers | null
  /** Stores a record. Resolves once it is on disk. */
  keep(record: EnsembleRecord): Promise<unknown>
  now(): Millis
}

/** A question with all defaults filled in. */
export type Asked = Omit<EnsembleQuery, 'policy' | 'trace_id' | 'seed'> & {
  readonly policy: InferencePolicy
  readonly trace_id: string
  readonly seed: number
  /** The score cards' verdict; null if the policy does not ask for one. */
  readonly route: Route | null
}

/** A question whose members are being asked. */
export interface Begun {
  /** The record; its `response` is null if too few agree. Rejects as `query` does once members are asked. */
  readonly record: Promise<EnsembleRecord>
}

/**
 * Asks all members, counts their votes, asks the policy whether the answer may be merged, and always stores a record. Resolves
 * with the record; its `response` is null if too few agree.
 *
 * Rejects as `begin` does, with `RIPPLE_ENSEMBLE_UNANSWERED`, `RIPPLE_ENSEMBLE_CLOUD` and `RIPPLE_POLICY_REFUSED`, and if the
 * record cannot be stored. Rejects with `RIPPLE_BUSY` if each member was refused as busy, and with `RIPPLE_TASK_CONFLICT` if
 * the key was used for another question. Rejects with `RIPPLE_ANSWER_KEY_SPENT` if the key's tasks have no answer, and with
 * the signal's reason once the answers so far are stored.
 */
export async function query(needs: QueryNeeds, asked: Asked, signal: AbortSignal): Promise<EnsembleRecord> {
  return (await begin(needs, asked, signal)).record
}

/**
 * Begins a query, and resolves once all members have places for their answers. Rejects before any is asked with
 * `RIPPLE_ENSEMBLE_UNPROVEN` and `RIPPLE_ENSEMBLE_NO_MEMBER`. Rejects with `RIPPLE_BUSY` if too many asks wait for places,
 * because fewer members would be another ensemble.
 */
export async function begin(needs: QueryNeeds, asked: Asked, signal: AbortSignal): Promise<Begun> {
  const { route } = asked
  if (route?.to === 'single') await refuseUnproven(needs, asked, route)
  signal.throwIfAborted()
  const membership = membersOf(needs, asked)
  const local = membership.members.filter(({ tier }) => tier === 'local')
  const places = await needs.inference.places(local.length, signal)
  const record = answer(needs, asked, membership, places, signal).finally(() => places[Symbol.dispose]())
  // Callers that wait for the record see its error; without a waiting caller, it is ignored.
  record.catch(() => undefined)
  return { record }
}

async function answer(
  needs: QueryNeeds,
  asked: Asked,
  { mode, members }: Membership,
  inference: Places,
  signal: AbortSignal,
): Promise<EnsembleRecord> {
  const { policy, route } = asked
  const from = performance.now()
  const at = needs.now()
  const trace_id = policy.audit.trace_id_propagation ? asked.trace_id : null
  const timeouts = { local: policy.local_tier.timeout_ms, cloud: policy.cloud_tier.timeout_ms }
  const question = { ...asked, trace_id }
  const failed: RippleError[] = []
  const asking = { inference, cloud: needs.cloud }
  const replies = await askMembers(asking, members, question, timeouts, signal, (error) => failed.push(error))
  const ended = signal.aborted ? toRippleError(signal.reason) : null
  const outcome = vote(asked, replies)
  const cloud = cloudOf(policy, replies)
  const stopped = ended ?? faultOfAll(failed, replies) ?? stop(asked, replies, cloud)
  const merged = stopped === null ? outcome.text : null
  const decision = merged === null ? null : await askGate(needs.gate, asked, replies, outcome, merged)
  const response = decision?.allow === true ? merged : null
  const record = sealRecord({
    ...headOf(needs, asked, at),
    mode,
    members: replies.map((reply) => stored(policy, reply, outcome)),
    cloud,
    degraded: cloud === 'short' || answeredIn(replies, 'local').length < asksFor(asked),
    vote: voteOf(policy, outcome),
    ...(ended === null ? {} : { ended: ended.code }),
    eval_gate: evalGate(route),
    decision: decision === null ? null : decisionOf(decision),
    response,
    response_digest: response === null ? null : sha256Hex(response),
    wall_ms: Math.round(performance.now() - from),
  })
  await needs.keep(record)
  if (ended !== null) signal.throwIfAborted()
  if (stopped !== null) throw stopped
  if (decision?.allow === false) throw refusedByPolicy(decision, asked.trace_id)
  return record
}

/** Returns the members of both tiers. Throws `RIPPLE_ENSEMBLE_NO_MEMBER` if the local one is empty. */
function membersOf(needs: QueryNeeds, asked: Asked): Membership {
  const { policy, task_type: taskType, members: k, seed } = asked
  const isSecret = asked.data_class === 'secret'
  const form = formOf(asked.input)
  const steady = asked.key != null
  const { data_class } = asked
  const local = membersNow(needs, { policy, taskType, k, seed, form, data_class, steady })
  if (local.members.length === 0) throw new RippleError('RIPPLE_ENSEMBLE_NO_MEMBER')
  const { cloud: isWanted = true } = asked
  const able = needs.cloud === null || isSecret || !isWanted ? [] : needs.cloud.providers(asked)
  const cloud = chooseCloud(policy, able, seed, local.members.length)
  return { mode: local.mode, members: [...local.members, ...cloud] }
}

/** Counts the votes of the members that answered in time. Pure. */
export function vote(
  { policy, require_consensus }: Pick<Asked, 'policy' | 'require_consensus'>,
  replies: readonly Reply[],
): Outcome {
  const { min_agreement } = policy.reducer
  return reduceBallots(ballotsOf(replies), { min_agreement, require_consensus })
}

function answeredIn(replies: readonly Reply[], tier: Reply['tier']): readonly Reply[] {
  return replies.filter((reply) => reply.tier === tier && reply.response !== null)
}

function cloudOf({ cloud_tier }: InferencePolicy, replies: readonly Reply[]): RecordBody['cloud'] {
  if (!replies.some(({ tier }) => tier === 'cloud')) return 'off'
  return answeredIn(replies, 'cloud').length < cloud_tier.min_parallel ? 'short' : 'full'
}

/** Returns how many local members must answer; with fewer, the record is degraded. */
function asksFor({ members, policy: { local_tier } }: Asked): number {
  return Math.min(members ?? local_tier.min_parallel, local_tier.min_parallel)
}

/** Errors that the same request would meet again. */
const faults: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'RIPPLE_CONTEXT_TOO_LONG',
  'RIPPLE_PROMPT_FATAL',
  'RIPPLE_MODEL_NOT_CHAT',
  'RIPPLE_BODY_INVALID',
  'RIPPLE_ANSWER_REFUSED',
])

/** Returns the request's fault if all members found the same one; null otherwise. */
function faultOfAll(failed: readonly RippleError[], replies: readonly Reply[]): RippleError | null {
  const [first] = failed
  if (!first || failed.length < replies.length || !faults.has(first.code)) return null
  return failed.every(({ code }) => code === first.code) ? first : null
}

/** Returns why nothing may be merged whatever the vote gave; null if it may be. */
function stop(
  { policy, trace_id, key }: Asked,
  replies: readonly Reply[],
  cloud: RecordBody['cloud'],
): RippleError | null {
  const local = replies.filter(({ tier }) => tier === 'local')
  // The other tasks may be new ones, on machines or of models that were not there the first time.
  if (key != null && local.some(({ code }) => code === 'RIPPLE_TASK_CONFLICT'))
    return new RippleError('RIPPLE_TASK_CONFLICT', { id: key })
  const isSilent = !replies.some(({ response }) => response !== null)
  if (isSilent && key != null && local.every(hasSpentKey)) {
    const detail = `the tasks of its ${local.length} members ended without one`
    const see = `ripple moe show ${trace_id}`
    return new RippleError('RIPPLE_ANSWER_KEY_SPENT', { model: 'ripple/moe', key, detail, see })
  }
  if (isSilent) return unanswered(replies, trace_id)
  if (cloud !== 'short' || policy.cloud_tier.fallback_on_timeout) return null
  const answered = answeredIn(replies, 'cloud').length
  const facts = { answered, needed: policy.cloud_tier.min_parallel, trace_id }
  return new RippleError('RIPPLE_ENSEMBLE_CLOUD', facts)
}

/** Whether a member's key has no answer left: its task ended without one, or was withdrawn when the member's time was up. */
function hasSpentKey({ code, outcome }: Reply): boolean {
  return code === 'RIPPLE_ANSWER_KEY_SPENT' || outcome === 'timeout'
}

function askGate(
  gate: Gate,
  asked: Asked,
  replies: readonly Reply[],
  { agreement, result }: Outcome,
  merged: string,
): Promise<Decision> {
  const answered = answeredIn(replies, 'local').length
  const cloud_answered = answeredIn(replies, 'cloud').length
  const facts = mergeFacts(asked, { stage: 'merge', answered, cloud_answered, agreement, result })
  return gate.decide('merge', sha256Hex(merged), facts)
}

/**
 * Asks the policy whether answers could be merged without a score card for the ensemble, before members do useless work.
 * Rejects with `RIPPLE_ENSEMBLE_UNPROVEN`.
 */
async function refuseUnproven(
  { gate, cloud }: QueryNeeds,
  asked: Asked,
  { why: detail }: Route,
): Promise<void> {
  const cloud_answered = cloud === null ? 0 : asked.policy.cloud_tier.max_parallel
  const answered = asksFor(asked)
  const best = { stage: 'ask', answered, cloud_answered, agreement: 1, result: 'merged' } as const
  const decision = await gate.decide('merge', promptDigest(asked), mergeFacts(asked, best))
  if (decision.allow) return
  const { task_type, trace_id } = asked
  const { facts } = refusedByPolicy(decision, trace_id)
  throw new RippleError('RIPPLE_ENSEMBLE_UNPROVEN', { ...facts, task_type, detail })
}

function mergeFacts(
  asked: Asked,
  found: Pick<MergeInput, 'stage' | 'answered' | 'cloud_answered' | 'agreement' | 'result'>,
): MergeInput {
  const { policy, task_type, require_consensus, trace_id, principal, route } = asked
  return {
    ...found,
    trigger: triggerOf(policy, task_type),
    task_type,
    inference_policy: policy.name,
    min_parallel: asksFor(asked),
    degraded_allowed: policy.cloud_tier.fallback_on_timeout,
    min_agreement: policy.reducer.min_agreement,
    require_consensus,
    eval_gate: evalGate(route),
    trace_id,
    principal: principalFact(principal),
  }
}

/** Returns the score cards' verdict on an ensemble; `off` if the policy does not ask for one. */
function evalGate(route: Route | null): MergeInput['eval_gate'] {
  if (route === null) return 'off'
  if (route.to === 'ensemble') return 'passed'
  return route.card === null ? 'no_card' : 'failed'
}

function promptDigest({ input }: Asked): string {
  return sha256Hex(canonicalJson(input as unknown as Json))
}

function headOf({ agent }: QueryNeeds, asked: Asked, at: Millis) {
  const { policy, trace_id, task_type, require_consensus, max_tokens } = asked
  return {
    version: 1 as const,
    trace_id,
    at,
    agent,
    task_type,
    prompt_digest: promptDigest(asked),
    policy: { name: policy.name, digest: policyDigest(policy) },
    require_consensus,
    max_tokens,
  }
}

/** Returns a reply as the record stores it: with its text if the policy stores all answers, or those of a disagreement. */
function stored({ audit }: InferencePolicy, reply: Reply, { classes }: Outcome): Reply {
  const keeps = audit.log_all_responses || (audit.store_disagreements && classes.length > 1)
  return keeps ? reply : { ...reply, response: null }
}

function voteOf({ reducer }: InferencePolicy, outcome: Outcome): RecordBody['vote'] {
  const { result, winner, agreement, classes } = outcome
  const { min_agreement } = reducer
  return { result, winner, agreement, min_agreement, classes: classes.map((one) => ({ ...one })) }
}

function decisionOf({ id, allow, rule, reasons, policy }: Decision): RecordBody['decision'] {
  return { id, allow, rule, reasons: [...reasons], policy: { ...policy } }
}
