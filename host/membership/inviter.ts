/** Makes invites, and lets machines join with them. */
import { RippleError } from '../errors/ripple-error.ts'
import type { SigningKey } from '../net/peer-key.ts'
import type { AgentKey } from '../types/events.ts'
import { INVITE_ADDRESSES_MAX, type Invite, writeInvite } from './invite-line.ts'
import type { AskedInvite, InviteAnswer } from './invite-protocol.ts'
import type { PrivateMembership } from './membership.ts'
import type { OpenInvites } from './open-invites.ts'
import { signDelegation, signProof } from './statements.ts'

/** The network that a machine invites to. */
export type InvitedNetwork = Pick<Invite, 'network' | 'localName' | 'server'> & { readonly seed: string }

/** The parts that an inviter uses. */
export interface InviterNeeds {
  readonly network: InvitedNetwork
  /** The membership of a private network; null for an open one. */
  readonly membership: PrivateMembership | null
  readonly invites: OpenInvites
  readonly key: SigningKey
  /** This machine, as one that it accepts knows it. */
  readonly self: { readonly agent: AgentKey; readonly name: string }
  /** Accepts a machine of an open network. Rejects with `RIPPLE_DISK_FULL`. */
  accept(machine: AskedInvite): Promise<void>
  /** Returns the multiaddrs at which other machines reach this one. */
  addresses(): readonly string[]
}

/** The wish for an invite. */
export interface InviteWish {
  /** In milliseconds since 1970. */
  readonly expiresAt: number
  readonly once: boolean
  /** Whether a machine that joins may invite others. */
  readonly delegate: boolean
}

/** A made invite and its line. */
export interface MadeInvite {
  readonly line: string
  readonly invite: Invite
}

/**
 * Makes an invite and signs it. Rejects with `RIPPLE_NOT_ISSUER` if this machine may not make members of a private
 * network, or may not name delegates; with `RIPPLE_INVITE_MANY`, `RIPPLE_DISK_FULL`.
 */
export async function makeInvite(needs: InviterNeeds, wish: InviteWish): Promise<MadeInvite> {
  const { network, membership, key } = needs
  const issuer = membership?.issuer ?? null
  const mayDelegate = issuer !== null && issuer.issuer.delegation === null
  if ((membership !== null && issuer === null) || (wish.delegate && !mayDelegate))
    throw new RippleError('RIPPLE_NOT_ISSUER', { network: network.localName ?? network.network })
  const { seed, ...named } = network
  const expires_at = Math.floor(wish.expiresAt / 1_000) * 1_000
  const { id } = await needs.invites.add({ seed, expires_at, once: wish.once, delegate: wish.delegate })
  const addresses = [...new Set(needs.addresses().flatMap(plainAddress))].slice(0, INVITE_ADDRESSES_MAX)
  const founder = membership?.membrane.founder ?? null
  const own = { inviter: key.publicKey, id, expiresAt: expires_at, once: wish.once }
  const invite: Invite = { ...named, founder, addresses, ...own }
  return { invite, line: await writeInvite(invite, key) }
}

/** Answers a machine that wants to join with an invite. Never rejects. */
export async function answerInvite(needs: InviterNeeds, asked: AskedInvite): Promise<InviteAnswer> {
  const { membership } = needs
  try {
    return await (membership === null ? letIn(needs, asked) : makeMember(needs, membership, asked))
  } catch {
    return { refused: 'the inviter could not record it' }
  }
}

/** Accepts a machine of an open network. The use counts for its libp2p key, because it only claims its agent. */
async function letIn(needs: InviterNeeds, asked: AskedInvite): Promise<InviteAnswer> {
  const redeemed = await needs.invites.redeem(asked.id, asked.seed, asked.peerKey)
  if ('refused' in redeemed) return redeemed
  await needs.accept(asked)
  return { accepted: { ...needs.self } }
}

async function makeMember(
  { invites, key }: InviterNeeds,
  membership: PrivateMembership,
  { id, seed, agent, peerKey }: AskedInvite,
): Promise<InviteAnswer> {
  const { issuer, membrane } = membership
  if (issuer === null) return { refused: 'this machine makes no members' }
  if (membership.isRevoked(agent)) return { refused: 'its membership was revoked' }
  const redeemed = await invites.redeem(id, seed, agent)
  if ('refused' in redeemed) return redeemed
  const { invite } = redeemed
  const proof = await signProof(membrane, issuer, agent, invite.expires_at)
  const delegation = invite.delegate ? await signDelegation(membrane, key, peerKey) : null
  return { proof, delegation }
}

/** Returns IP and TCP port of a multiaddr; empty for any other. */
function plainAddress(address: string): string[] {
  return /^\/ip[46]\/[^/]+\/tcp\/\d+/.exec(address)?.slice(0, 1) ?? []
}
