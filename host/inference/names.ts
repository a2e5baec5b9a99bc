/** Resolves the names of models. */
import { RippleError } from '../errors/ripple-error.ts'
import { isNamed } from '../models/catalogue.ts'
import { fileIdOf } from '../models/file-id.ts'
import type { Chosen, MeshModel } from '../types/answer.ts'
import type { AgentKey } from '../types/events.ts'
import { peerModelName, readPeerModel } from '../types/peer-model.ts'
import { nearestNames } from './nearest-names.ts'

/** A model file of the mesh. */
export interface KnownModel {
  readonly name: string
  /** sha256 of the file, lower-case hex. */
  readonly digest: string
  readonly context_tokens: number
  readonly at: MeshModel['at']
}

/** The target of a name. */
export type Target =
  | {
      readonly type: 'model'
      readonly model: KnownModel
      readonly only: AgentKey | null
      /** Agents that may not run it; left out: none. */
      readonly except?: readonly AgentKey[]
    }
  | { readonly type: 'auto' }
  | { readonly type: 'moe'; readonly by: Chosen['by'] }
  | { readonly type: 'upstream'; readonly name: string }

/** Names of routes instead of single models. */
export const routedNames = { auto: 'ripple/auto', moe: 'ripple/moe' } as const

const upstreamPrefix = 'upstream:'

/**
 * Resolves `ripple/auto`, `ripple/moe`, `upstream:<provider>/<model>`, `peer:<agent>/<model>` or a model's own name in any case.
 * The agent is a key or a machine's name. The sha256 of a file may replace a model's name, to choose one of several files of
 * that name. Throws `RIPPLE_MODEL_NOT_FOUND` with the nearest names.
 */
export function resolveName(name: string, known: readonly KnownModel[], others: readonly string[]): Target {
  const lower = name.toLowerCase()
  if (lower === routedNames.auto) return { type: 'auto' }
  if (lower === routedNames.moe) return { type: 'moe', by: 'name' }
  if (lower.startsWith(upstreamPrefix) && others.includes(name))
    return { type: 'upstream', name: name.slice(upstreamPrefix.length) }
  const pinned = readPeerModel(name)
  const plain = pinned?.model ?? name
  const file = fileIdOf(plain)
  const byFile = known.filter(({ digest }) => digest === file)
  // Several files may have one name, each on other machines. A file that is named like another file's sha256 does not replace it.
  for (const model of byFile.length > 0 ? byFile : known.filter((one) => isNamed(one, plain))) {
    if (pinned === null) return { type: 'model', model, only: null }
    const peer = model.at.find(({ agent, name }) => agent === pinned.agent || name === pinned.agent)
    if (peer) return { type: 'model', model, only: peer.agent }
  }
  const names = [...known.map((one) => one.name), ...Object.values(routedNames), ...others]
  const nearest = nearestNames(plain, names).join(', ')
  throw new RippleError('RIPPLE_MODEL_NOT_FOUND', { model: name, nearest: nearest || 'none' })
}

/** Returns the name under which lists show a target. */
export function nameOf(target: Target): string {
  switch (target.type) {
    case 'model':
      return target.only === null ? target.model.name : peerModelName(target.only, target.model.name)
    case 'upstream':
      return upstreamPrefix + target.name
    default:
      return routedNames[target.type]
  }
}
