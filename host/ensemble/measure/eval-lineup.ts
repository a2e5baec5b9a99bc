/** Chooses the members of a measurement and names it. */
import { canonicalJson } from '../../codec/canonical-json.ts'
import { sha256Hex } from '../../codec/digest.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { Inference } from '../../types/answer.ts'
import type { AgentKey } from '../../types/events.ts'
import type { Peer } from '../../types/peer.ts'
import { CARD_VERSION } from '../../types/score-card.ts'
import { type TaskType, taskTypes } from '../../types/task-type.ts'
import { ableModels, type ModelTraits } from '../members/able-models.ts'
import { chooseMembers } from '../members/members.ts'
import { type InferencePolicy, policyDigest } from '../members/policy.ts'
import { type EnsembleMode, type Lineup, lineupMembers, lineupOf, type Member } from '../members/types.ts'
import { type EvalItem, type EvalSet, formOfItems } from './eval-set.ts'

/** The sources from which a measurement's members are chosen. */
export interface LineupNeeds extends ModelTraits {
  readonly agent: AgentKey
  readonly inference: Pick<Inference, 'models'>
  /** Machines that are online, self included. */
  peers(): readonly Peer[]
}

/** The options that decide a measurement's members. */
export interface LineupRequest {
  readonly set: EvalSet
  readonly policy: InferencePolicy
  /** The number of members; null: as the policy says. */
  readonly members: number | null
  /** The seed of the members' seeds. */
  readonly seed: number
}

/** An item and its place in its set. */
export interface PlacedItem {
  readonly item: EvalItem
  readonly index: number
}

/** The members of a measurement. */
export interface Lineups {
  readonly mode: EnsembleMode
  /** The members for each task type of the set, since specialization decides who is asked. */
  readonly of: ReadonlyMap<TaskType, Lineup>
}

/** Returns the members of a measurement, chosen from the mesh as it is now. Throws `RIPPLE_ENSEMBLE_NO_MEMBER`. */
export function lineupsNow(needs: LineupNeeds, request: LineupRequest): Lineups {
  const types = taskTypes.filter((type) => request.set.items.some(({ task_type }) => task_type === type))
  const chosen = types.map((type) => [type, choose(needs, request, type, request.seed)] as const)
  const [first] = chosen
  if (first === undefined || first[1].members.length === 0) throw new RippleError('RIPPLE_ENSEMBLE_NO_MEMBER')
  return {
    mode: first[1].mode,
    of: new Map(chosen.map(([type, membership]) => [type, lineupOf(membership)])),
  }
}

/**
 * Returns the members of one item in the order of their line, each with its own seed and a machine that is online. Throws
 * `RIPPLE_EVAL_STOPPED` if the models differ from those at the beginning, because the ensemble would be another one.
 */
export function membersAt(
  needs: LineupNeeds,
  request: LineupRequest,
  lineups: Lineups,
  { item, index }: PlacedItem,
): readonly Member[] {
  // Each item has its own seeds, spaced by the most members that an ensemble may have.
  const seed = (request.seed + index * limits.members_max) % 2 ** 32
  const membership = choose(needs, request, item.task_type, seed)
  const line = lineups.of.get(item.task_type)
  if (line !== undefined && lineupKey(line) === lineupKey(lineupOf(membership)))
    return lineupMembers(membership)
  throw new RippleError('RIPPLE_EVAL_STOPPED', {
    done: index,
    items: request.set.items.length,
    detail: 'the models of the mesh have changed',
  })
}

/** Returns the name of a measurement, 64 hexadecimal digits. Any difference gives another name and another journal. Pure. */
export function runName({ set, policy, seed }: LineupRequest, { mode, of }: Lineups): string {
  const lines = Object.fromEntries([...of].map(([type, line]) => [type, lineupKey(line)]))
  const measured = { set: set.digest, form: set.form, policy: policyDigest(policy), mode, lines, seed }
  return sha256Hex(canonicalJson({ version: CARD_VERSION, ...measured }))
}

function choose(
  needs: LineupNeeds,
  { set, policy, members: k }: LineupRequest,
  taskType: TaskType,
  seed: number,
) {
  // One line answers the whole set, so each member must be able to answer all of it.
  const form = formOfItems(set.items) ?? 'auto'
  const models = ableModels(needs.inference.models(), form, needs)
  return chooseMembers({ self: needs.agent, policy, models, peers: needs.peers(), taskType, k, seed })
}

/** Returns the same text for the same line. Pure. */
export function lineupKey(lineup: Lineup): string {
  return canonicalJson(lineup.map((one) => ({ ...one })))
}
