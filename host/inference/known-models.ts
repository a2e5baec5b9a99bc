/** Lists the models of the mesh and the machines that have them. */
import type { LoadedModel } from '../engine/port.ts'
import { isPresent } from '../mesh/state/feasible.ts'
import { pinnedModel } from '../models/catalogue.ts'
import type { StoredModel } from '../models/folder/stored-model.ts'
import type { MeshModel } from '../types/answer.ts'
import type { AgentKey, Millis } from '../types/events.ts'
import type { Peer } from '../types/peer.ts'
import { peerModelName } from '../types/peer-model.ts'
import { type KnownModel, routedNames } from './names.ts'

/** The sources of known models. */
export interface Surroundings {
  readonly self: AgentKey
  readonly peers: readonly Peer[]
  readonly here: readonly StoredModel[]
  readonly loaded: readonly LoadedModel[]
  /** Returns the sha256 of the models that a peer reports to have in memory. */
  loadedAt(agent: AgentKey): readonly string[]
  readonly now: Millis
  /** Milliseconds without a sign of life after which a peer counts as away. */
  readonly awayMs: number
}

/**
 * Returns the model files of the mesh, each with its machines: first the files of this machine, then those on the cards of
 * present peers. Two files of one name differ by their digest, and the name stands for the first. That is the file here, else
 * the pinned file, else the one that most machines have. A card decides neither the name nor the context of a pinned file.
 */
export function knownModels({
  self,
  peers,
  here,
  loaded,
  loadedAt,
  now,
  awayMs,
}: Surroundings): KnownModel[] {
  const found = new Map<string, KnownModel>()
  const add = (
    model: Pick<KnownModel, 'name' | 'digest' | 'context_tokens'>,
    at: KnownModel['at'][number],
  ) => {
    const before = found.get(model.digest)
    found.set(model.digest, { ...(before ?? model), at: [...(before?.at ?? []), at] })
  }
  const named = (agent: AgentKey) => peers.find((peer) => peer.agent === agent)?.card.agent_name ?? ''
  for (const { name, sha256: digest, context_tokens } of here) {
    const isLoaded = loaded.some((one) => one.sha256 === digest)
    add({ name, digest, context_tokens }, { agent: self, name: named(self), loaded: isLoaded })
  }
  for (const peer of peers) {
    const { agent, card } = peer
    if (agent === self || !isPresent(peer, self, now, awayMs)) continue
    for (const { digest, ...said } of card.capabilities.inference.models) {
      const { name, context_tokens } = pinnedModel(digest) ?? said
      const loaded = loadedAt(agent).includes(digest)
      add({ name, digest, context_tokens }, { agent, name: card.agent_name, loaded })
    }
  }
  const own = new Set(here.map(({ sha256 }) => sha256))
  const standing = ({ digest, at }: KnownModel) =>
    own.has(digest) ? Number.POSITIVE_INFINITY : pinnedModel(digest) ? Number.MAX_SAFE_INTEGER : at.length
  // The sort is stable: equal models keep their order. Infinity minus infinity is NaN.
  return [...found.values()].sort((a, b) => Math.sign(standing(b) - standing(a)) || 0)
}

/** Returns every name that may be asked, as lists show it. */
export function meshModels(known: readonly KnownModel[], upstream: readonly string[]): MeshModel[] {
  const nobody = { digest: null, context_tokens: null, at: [] } as const
  return [
    ...known.map((model) => ({ ...model, owned_by: 'mesh' as const })),
    ...Object.values(routedNames).map((name) => ({ name, owned_by: 'ripple' as const, ...nobody })),
    ...known.flatMap((model) =>
      model.at.map((at) => ({
        ...model,
        name: peerModelName(at.agent, model.name),
        owned_by: 'mesh' as const,
        at: [at],
      })),
    ),
    ...upstream.map((name) => ({ name, owned_by: 'upstream' as const, ...nobody })),
  ]
}
