import { canonicalJson } from '../codec/canonical-json.ts'
import { sha256Hex } from '../codec/digest.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Inference } from '../types/answer.ts'
import type { AgentKey } from '../types/events.ts'
import type { Peer } from '../types/peer.ts'
import { type TaskType, taskTypes } from '../types/task-type.ts'
import { ableModels, type ModelFacts } from './able-models.ts'
import { type EvalItem, type EvalSet, formOfItems } from './eval-set.ts'
import { chooseMembers } from './members.ts'
import { type InferencePolicy, policyDigest } from './policy.ts'
import { CARD_VERSION } from './score-card.ts'
import { type EnsembleMode, inLine, type Line, lineOf, type Member } from './types.ts'

/** From what the members of a measurement are chosen. */
export interface LineNeeds extends ModelFacts {
  readonly agent: AgentKey
  readonly inference: Pick<Inference, 'models'>
  /** Machines that are online, self included. */
  peers(): readonly Peer[]
}

/** What decides which members a measurement has. */
export interface LineRequest {
  readonly set: EvalSet
  readonly policy: InferencePolicy
  /** Members; null: as the policy says. */
  readonly members: number | null
  /** Seed of the members' seeds. */
  readonly seed: number
}

/** An item and its place in its set. */
export interface PlacedItem {
  readonly item: EvalItem
  readonly index: number
}

/** Whom a measurement asks. */
export interface Lines {
  readonly mode: EnsembleMode
  /** The members for each kind of task of the set: what they are good at decides who is asked. */
  readonly of: ReadonlyMap<TaskType, Line>
}

/** The members of a measurement, by what the mesh has now. Throws `RIPPLE_ENSEMBLE_NO_MEMBER`. */
export function linesNow(needs: LineNeeds, request: LineRequest): Lines {
  const types = taskTypes.filter((type) => request.set.items.some(({ task_type }) => task_type === type))
  const chosen = types.map((type) => [type, choose(needs, request, type, request.seed)] as const)
  const [first] = chosen
  if (first === undefined || first[1].members.length === 0) throw new RippleError('RIPPLE_ENSEMBLE_NO_MEMBER')
  return { mode: first[1].mode, of: new Map(chosen.map(([type, membership]) => [type, lineOf(membership)])) }
}

/**
 * The members of one item, in the order of their line, each with its own seed and on a machine that is there now. Throws
 * `RIPPLE_EVAL_STOPPED` where other models would be asked than at the beginning: what was measured so far would be of another
 * ensemble.
 */
export function membersAt(
  needs: LineNeeds,
  request: LineRequest,
  lines: Lines,
  { item, index }: PlacedItem,
): readonly Member[] {
  // Each item has seeds of its own, as far from those of the others as there may be members.
  const seed = (request.seed + index * limits.members_max) % 2 ** 32
  const membership = choose(needs, request, item.task_type, seed)
  const line = lines.of.get(item.task_type)
  if (line !== undefined && lineKey(line) === lineKey(lineOf(membership))) return inLine(membership)
  throw new RippleError('RIPPLE_EVAL_STOPPED', {
    done: index,
    items: request.set.items.length,
    detail: 'the models of the mesh have changed',
  })
}

/** Names a measurement: whatever differs is another one, with another journal. 64 hexadecimal digits. Pure. */
export function runName({ set, policy, seed }: LineRequest, { mode, of }: Lines): string {
  const lines = Object.fromEntries([...of].map(([type, line]) => [type, lineKey(line)]))
  const measured = { set: set.digest, form: set.form, policy: policyDigest(policy), mode, lines, seed }
  return sha256Hex(canonicalJson({ version: CARD_VERSION, ...measured }))
}

function choose(
  needs: LineNeeds,
  { set, policy, members: k }: LineRequest,
  taskType: TaskType,
  seed: number,
) {
  // One line answers the whole set, so all of it must be able to.
  const form = formOfItems(set.items) ?? 'auto'
  const models = ableModels(needs.inference.models(), form, needs)
  return chooseMembers({ self: needs.agent, policy, models, peers: needs.peers(), taskType, k, seed })
}

/** One text for one line. Pure. */
export function lineKey(line: Line): string {
  return canonicalJson(line.map((one) => ({ ...one })))
}
