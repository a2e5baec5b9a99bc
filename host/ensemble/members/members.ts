/** Chooses the members of an ensemble and their machines. */
import { limits } from '../../limits.ts'
import { catalogue, isNamed, nameOfFile } from '../../models/catalogue.ts'
import type { MeshModel } from '../../types/answer.ts'
import type { AgentKey } from '../../types/events.ts'
import type { Peer } from '../../types/peer.ts'
import { peerModelName, readPeerModel } from '../../types/peer-model.ts'
import type { TaskType } from '../../types/task-type.ts'
import type { InferencePolicy, PolicyModel } from './policy.ts'
import type { CloudProvider, Member, Membership, Sampling } from './types.ts'

/** The weight of a model that the policy gives none, in thousandths. */
const FALLBACK_WEIGHT_MILLI = 1_000

/** The inputs to the choice of members. */
export interface Choice {
  /** This machine. If several files have one name, its owner means the one that is here. */
  readonly self: AgentKey
  readonly policy: InferencePolicy
  readonly models: readonly MeshModel[]
  /** Self included. */
  readonly peers: readonly Peer[]
  readonly taskType: TaskType
  /** The number of members; null: as many as there are listed models, within the policy's bounds. */
  readonly k: number | null
  /** The seed of the first member; each further member adds one. */
  readonly seed: number
  /** Whether a repeated choice picks the same machines, however busy they are; left out: the least busy. */
  readonly steady?: boolean
}

/** The specialization that suits each task type. */
const suited: Readonly<Record<TaskType, PolicyModel['specialization']>> = {
  code_generation: 'code',
  reasoning: 'reasoning',
  general: 'general',
  review: 'review',
}

/** The sampling of a member with a model of its own: the most likely tokens. */
export const greedy: Sampling = { temperature_milli: 0, top_p_milli: 1_000, top_k: 0 }

/** The sampling of members that share a model. */
export const sampled: Sampling = {
  temperature_milli: limits.sample_temperature_milli,
  top_p_milli: limits.sample_top_p_milli,
  top_k: limits.sample_top_k,
}

/** A model that may vote, and its machines. */
interface Candidate {
  readonly model: MeshModel
  readonly weight_milli: number
  readonly suits: boolean
  readonly chosen: Member['chosen']
  /** The place among models without a weight: the policy's come first, then approved ones. */
  readonly order: number
}

/**
 * Chooses the members of the local tier: distinct models if there are enough, listed ones first, or else samples of the
 * best. It spreads members over the machines that have their model. Empty if no machine that is online has a model. Pure:
 * the same arguments give the same members.
 */
export function chooseMembers(choice: Choice): Membership {
  const { policy, seed, steady = false } = choice
  const online = onlineLoad(choice.peers)
  const candidates = candidatesOf(choice, online)
  const best = candidates[0]
  if (best === undefined) return { mode: 'self_consistency', members: [] }
  const { min_parallel, max_parallel } = policy.local_tier
  const listed = candidates.filter(({ chosen }) => chosen === 'policy').length
  const wanted = choice.k ?? Math.max(min_parallel, listed)
  const k = Math.max(1, Math.min(wanted, max_parallel))
  const distinct = candidates.length >= k
  const taken = distinct ? candidates.slice(0, k) : Array.from({ length: k }, () => best)
  const place = placing(online, steady)
  return {
    mode: distinct ? 'distinct_models' : 'self_consistency',
    members: taken.map((candidate, index) => ({
      index,
      tier: 'local',
      ...place(candidate.model),
      model: candidate.model.name,
      model_digest: candidate.model.digest,
      seed: (seed + index) % 2 ** 32,
      sampling: distinct ? greedy : sampled,
      weight_milli: candidate.weight_milli,
      chosen: candidate.chosen,
    })),
  }
}

/**
 * Chooses the members of the cloud tier among the configured providers. Listed ones come first, with the policy's priority
 * and weight. Unlisted ones follow by their own priority, and only if too few are listed. `first` is the place of the first
 * provider. Pure.
 */
export function chooseCloud(
  policy: InferencePolicy,
  able: readonly CloudProvider[],
  seed: number,
  first: number,
): Member[] {
  const { providers, min_parallel, max_parallel } = policy.cloud_tier
  const listed = providers
    .filter(({ name }) => able.some((one) => one.name === name))
    .toSorted((a, b) => a.priority - b.priority || compareText(a.name, b.name))
    .map(({ name, weight }) => ({ name, weight_milli: milli(weight), chosen: 'policy' as const }))
  const others = able
    .filter(({ name }) => !providers.some((one) => one.name === name))
    .toSorted((a, b) => a.priority - b.priority || b.weight - a.weight || compareText(a.name, b.name))
    .map(({ name, weight }) => ({ name, weight_milli: milli(weight), chosen: 'fallback' as const }))
  const missing = Math.max(0, min_parallel - listed.length)
  return [...listed, ...others.slice(0, missing)]
    .slice(0, max_parallel)
    .map(({ name, weight_milli, chosen }, index) => ({
      index: first + index,
      tier: 'cloud',
      model: name,
      model_digest: null,
      peer: null,
      ask: name,
      seed: (seed + first + index) % 2 ** 32,
      sampling: greedy,
      weight_milli,
      chosen,
    }))
}

/** Returns the number of grants that each machine which takes work holds. */
function onlineLoad(peers: readonly Peer[]): ReadonlyMap<AgentKey, number> {
  const ready = peers.filter(({ presence }) => presence?.availability === 'online')
  return new Map(ready.map(({ agent, presence }) => [agent, presence?.held_grants ?? 0]))
}

/** A file that may vote, with the machines that are online and have it. */
interface VotingFile {
  readonly model: MeshModel
  readonly isOwn: boolean
}

/** Returns the models on machines that are online, each name once, the best first. */
function candidatesOf(choice: Choice, online: ReadonlyMap<AgentKey, number>): Candidate[] {
  const { policy, taskType } = choice
  return onePerName(filesOf(choice, online))
    .map((model) => candidate(policy, taskType, model))
    .toSorted(
      (a, b) =>
        Number(b.chosen === 'policy') - Number(a.chosen === 'policy') ||
        Number(b.suits) - Number(a.suits) ||
        b.weight_milli - a.weight_milli ||
        a.order - b.order ||
        compareText(a.model.name, b.model.name),
    )
}

/** Returns the model files on machines that are online, each once. */
function filesOf({ models, self }: Choice, online: ReadonlyMap<AgentKey, number>): VotingFile[] {
  const files = new Map<string, VotingFile>()
  for (const model of models.toSorted((a, b) => compareText(a.name, b.name))) {
    const at = model.at.filter(({ agent }) => online.has(agent))
    // A list repeats each model for every machine that has it; the model's own name stands for all of them.
    if (model.owned_by !== 'mesh' || readPeerModel(model.name) !== null || at.length === 0) continue
    const isOwn = model.at.some(({ agent }) => agent === self)
    const id = model.digest ?? model.name
    const same = files.get(id)
    files.set(
      id,
      same === undefined
        ? { model: { ...model, at }, isOwn }
        : { model: { ...same.model, at: [...same.model.at, ...at] }, isOwn: isOwn || same.isOwn },
    )
  }
  return [...files.values()]
}

/**
 * Returns one file for each name, so that several files of one name have only one vote. It prefers this machine's file, then
 * the catalogue's pinned one, then that of the most machines, then the lowest digest.
 */
function onePerName(files: readonly VotingFile[]): MeshModel[] {
  const isPinned = ({ name, digest }: MeshModel): boolean => {
    const pinned = digest === null ? null : nameOfFile(digest)
    return pinned !== null && isNamed({ name }, pinned)
  }
  const ranked = files.toSorted(
    (a, b) =>
      Number(b.isOwn) - Number(a.isOwn) ||
      Number(isPinned(b.model)) - Number(isPinned(a.model)) ||
      machinesOf(b.model) - machinesOf(a.model) ||
      compareText(a.model.digest ?? '', b.model.digest ?? ''),
  )
  const named = new Map<string, MeshModel>()
  for (const { model } of ranked) {
    const name = model.name.toLowerCase()
    if (!named.has(name)) named.set(name, model)
  }
  return [...named.values()]
}

function machinesOf({ at }: MeshModel): number {
  return new Set(at.map(({ agent }) => agent)).size
}

function candidate({ local_tier }: InferencePolicy, taskType: TaskType, model: MeshModel): Candidate {
  const listed = local_tier.models.find(({ name }) => isNamed(model, name))
  if (listed !== undefined) {
    const suits = listed.specialization === suited[taskType]
    return { model, weight_milli: milli(listed.weight), suits, chosen: 'policy', order: 0 }
  }
  const { fallback_models = [] } = local_tier
  const named = fallback_models.findIndex((name) => isNamed(model, name))
  const unnamed = fallback_models.length + Number(!isApproved(model))
  const order = named === -1 ? unnamed : named
  return { model, weight_milli: FALLBACK_WEIGHT_MILLI, suits: false, chosen: 'fallback', order }
}

/** Whether the catalogue approves a model by its name, and by its file if the catalogue pins one. */
function isApproved(model: MeshModel): boolean {
  const known = catalogue.find(({ name }) => isNamed(model, name))
  return known?.approved === true && (known.sha256 === null || known.sha256 === model.digest)
}

/**
 * Gives each member a machine: the one with the fewest members so far, with ties broken by key. Before the key, an unsteady
 * choice prefers a machine that has the model loaded, then the least busy one.
 */
function placing(
  online: ReadonlyMap<AgentKey, number>,
  steady: boolean,
): (model: MeshModel) => Pick<Member, 'peer' | 'ask'> {
  const members = new Map<AgentKey, number>()
  const given = (agent: AgentKey): number => members.get(agent) ?? 0
  const load = (agent: AgentKey): number => online.get(agent) ?? 0
  return ({ name, digest, at }) => {
    const [first] = at.toSorted(
      (a, b) =>
        given(a.agent) - given(b.agent) ||
        (steady ? 0 : Number(b.loaded) - Number(a.loaded) || load(a.agent) - load(b.agent)) ||
        compareText(a.agent, b.agent),
    )
    if (first === undefined) return { peer: null, ask: name }
    members.set(first.agent, given(first.agent) + 1)
    // By its file, because a machine may have several files of one name.
    return { peer: first.agent, ask: peerModelName(first.agent, digest ?? name) }
  }
}

function milli(weight: number): number {
  return Math.round(weight * 1_000)
}

/** Compares by code units, which gives the same order in every locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
