import { FALLBACK_AGENTS_MAX } from '../../zomes-bindings/generated/limits.ts'
import { RippleError } from '../errors/ripple-error.ts'
import type { FallbackWish } from '../operations/context.ts'
import type { AgentKey } from '../types/events.ts'
import type { Peer } from '../types/peer.ts'
import type { FallbackRequest } from '../work/fallback.ts'
import type { Reader } from '../work/published.ts'

/** What is known of other machines: who they are, and the key of each whose card was checked. */
export interface Readers {
  readonly self: AgentKey
  peers(): readonly Peer[]
  publicKeyOf(agent: AgentKey): string | null
}

/**
 * Who may go on with a task, from what a person named. Throws `RIPPLE_PEER_UNKNOWN` for a name that no known machine
 * has, `RIPPLE_FALLBACK_INVALID` when nobody is known.
 */
export function fallbackRequest(
  { after_ms, to }: FallbackWish,
  isPublic: boolean,
  known: Readers,
): FallbackRequest {
  if (isPublic && to.length === 0) return { after_ms, allow: 'any' }
  const others = known.peers().filter(({ agent }) => agent !== known.self)
  const agents = to.length === 0 ? others.map(({ agent }) => agent) : to.map((name) => agentOf(name, others))
  // A task names so many and no more; of all that are known some are enough.
  const readers = [...new Set(agents)]
    .flatMap((agent) => readerOf(agent, known))
    .slice(0, FALLBACK_AGENTS_MAX)
  if (readers.length > 0) return { after_ms, allow: readers }
  throw new RippleError('RIPPLE_FALLBACK_INVALID', { detail: 'no other machine is known' })
}

function agentOf(name: string, others: readonly Peer[]): AgentKey {
  const found = others.filter(({ agent, card }) => agent === name || card.agent_name === name)
  const [only] = found
  if (!only || found.length > 1) throw new RippleError('RIPPLE_PEER_UNKNOWN', { agent: name })
  return only.agent
}

function readerOf(agent: AgentKey, known: Readers): Reader[] {
  const publicKey = known.publicKeyOf(agent)
  return publicKey === null ? [] : [{ agent, publicKey }]
}
