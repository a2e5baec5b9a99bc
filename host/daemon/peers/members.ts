/** Invites machines to the network, and revokes members, for the operations. */
import type { PolicyStore } from '../../../zomes-bindings/policy-store.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { offerCode, takeCode } from '../../membership/code-exchange.ts'
import { hasStrangers, type Invite, readInvite } from '../../membership/invite-line.ts'
import { type InviterNeeds, makeInvite } from '../../membership/inviter.ts'
import type { PrivateMembership } from '../../membership/membership.ts'
import { readCode, SpokenCode } from '../../membership/spoken-code.ts'
import type { Members } from '../../operations/context.ts'
import type { AgentKey } from '../../types/events.ts'
import type { Peer } from '../../types/peer.ts'

/** The parts that the members use. */
export interface MembersNeeds {
  readonly inviter: InviterNeeds
  readonly membership: PrivateMembership | null
  readonly store: PolicyStore['revocations']
  peers(): readonly Peer[]
  /** Ends a member's access here. */
  readonly expel: (agent: AgentKey) => void
}

type InviteWay = Awaited<ReturnType<Members['read']>>['way']

/** Opens the members of the network. One spoken code is offered at a time, until the stack is disposed. */
export function openMembers(needs: MembersNeeds, stack: AsyncDisposableStack): Members {
  const { inviter, membership, store, expel } = needs
  let offered: AsyncDisposable | null = null
  stack.defer(async () => offered?.[Symbol.asyncDispose]())
  const offer = async (line: string): Promise<string> => {
    const code = new SpokenCode(line, Date.now)
    await offered?.[Symbol.asyncDispose]()
    offered = null
    offered = await offerCode(code)
    return code.code
  }
  return {
    invite: async (wish) => {
      const { line, invite } = await makeInvite(inviter, wish)
      return { line, ...viewOf(invite), code: wish.spoken ? await offer(line) : null }
    },
    read: async (given, signal) => {
      const code = readCode(given)
      const line = code === null ? given.trim() : await takeCode(code, signal)
      const invite = await readInvite(line, Date.now())
      return { line, ...viewOf(invite), inviter: invite.inviter, way: wayIn(invite, inviter) }
    },
    revoke: async (peer, signal) => {
      if (membership === null)
        throw new RippleError('RIPPLE_NOT_ISSUER', {
          network: inviter.network.localName ?? inviter.network.network,
        })
      const agent = agentOf(peer, needs.peers())
      if (agent === inviter.self.agent)
        throw new RippleError('RIPPLE_USAGE', { detail: 'this machine cannot revoke itself' })
      if (membership.isRevoked(agent)) return agent
      const revocation = await membership.revoke(agent)
      await store.revoke(revocation, signal)
      if (membership.take(revocation)) expel(agent)
      return agent
    },
  }
}

/** Returns the facts that an invite shows. */
function viewOf({ localName, network, founder, addresses, expiresAt: expires_at, once }: Invite) {
  const named = { network: localName ?? network, private: founder !== null, addresses: [...addresses] }
  return { ...named, expires_at, once }
}

/** Returns how this machine gets into the network of an invite. */
function wayIn(invite: Invite, { network: own, key }: InviterNeeds): InviteWay {
  if (invite.inviter === key.publicKey) return 'own'
  if (invite.network !== own.network || invite.localName !== own.localName) return 'restart'
  return hasStrangers(invite) ? 'redeem' : 'joined'
}

/** Returns the agent of a name or key. An agent that is not here any more can be named by its key. */
function agentOf(name: string, peers: readonly Peer[]): AgentKey {
  if (/^uhCAk[0-9A-Za-z_-]{48}$/.test(name)) return name
  const [only, ...more] = peers.filter(({ card }) => card.agent_name === name)
  if (!only || more.length > 0) throw new RippleError('RIPPLE_PEER_UNKNOWN', { agent: name })
  return only.agent
}
