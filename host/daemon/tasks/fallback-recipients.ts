/** Chooses the stand-ins of a task from the names that a person gave. */
import { FALLBACK_AGENTS_MAX } from '../../../zomes-bindings/generated/limits.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import type { FallbackWish } from '../../operations/context.ts'
import type { AgentKey } from '../../types/events.ts'
import type { Peer } from '../../types/peer.ts'
import type { FallbackRequest, StandIn } from '../../work/poster/fallback.ts'

/** Known machines, and the public key of each whose card was verified. */
export interface FallbackCandidates {
  readonly self: AgentKey
  peers(): readonly Peer[]
  publicKeyOf(agent: AgentKey): string | null
}

/**
 * Returns the stand-ins that a person named. If one of them cannot be a stand-in, nothing is posted. Throws
 * `RIPPLE_PEER_UNKNOWN` for a name that no known machine has. Throws `RIPPLE_FALLBACK_INVALID` if nothing can be sealed
 * for a named machine, or nobody is known.
 */
export function fallbackRequest(
  { after_ms, to }: FallbackWish,
  isPublic: boolean,
  known: FallbackCandidates,
): FallbackRequest {
  const named = to.length > 0
  if (isPublic && !named) return { after_ms, allow: 'any', named }
  const others = known.peers().filter(({ agent, waiting }) => agent !== known.self && !waiting)
  const allow = named ? to.map((name) => standIn(name, others, isPublic, known)) : allOf(others, known)
  if (allow.length === 0)
    throw new RippleError('RIPPLE_FALLBACK_INVALID', { detail: 'no other machine is known' })
  return { after_ms, allow: [...new Map(allow.map((one) => [one.agent, one])).values()], named }
}

/** Returns the known machines that a task can be sealed for, up to the most that a task can name. */
function allOf(others: readonly Peer[], known: FallbackCandidates): StandIn[] {
  const readers = others.map(({ agent }) => ({ agent, publicKey: known.publicKeyOf(agent) }))
  return readers.filter(({ publicKey }) => publicKey !== null).slice(0, FALLBACK_AGENTS_MAX)
}

function standIn(
  name: string,
  others: readonly Peer[],
  isPublic: boolean,
  known: FallbackCandidates,
): StandIn {
  const agent = agentOf(name, others)
  const publicKey = known.publicKeyOf(agent)
  if (publicKey !== null || isPublic) return { agent, publicKey }
  throw new RippleError('RIPPLE_FALLBACK_INVALID', {
    detail: `the key of '${name}' is not proven yet, so nothing can be sealed for it`,
  })
}

function agentOf(name: string, others: readonly Peer[]): AgentKey {
  const found = others.filter(({ agent, card }) => agent === name || card.agent_name === name)
  const [only] = found
  if (!only || found.length > 1) throw new RippleError('RIPPLE_PEER_UNKNOWN', { agent: name })
  return only.agent
}
