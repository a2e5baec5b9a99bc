/** Opens this machine's membership of a private network, and answers machines that join with an invite. */
import { policyStore } from '../../../zomes-bindings/policy-store.ts'
import type { Config } from '../../config/config.ts'
import { readPrivateNetwork } from '../../config/private-networks.ts'
import type { ConductorHandle } from '../../dht/session/open-conductor.ts'
import { answerInvites } from '../../membership/invite-protocol.ts'
import { answerInvite, type InviterNeeds } from '../../membership/inviter.ts'
import { PrivateMembership } from '../../membership/membership.ts'
import { OpenInvites } from '../../membership/open-invites.ts'
import { watchRevocations } from '../../membership/watch-revocations.ts'
import type { PeerNode } from '../../net/libp2p.ts'
import type { Acceptance } from '../../peers/acceptance.ts'
import type { Rules } from '../../rules/rules.ts'
import { failureOf } from '../../telemetry/history.ts'
import type { AgentKey } from '../../types/events.ts'
import { systemClock } from '../../work/context/clock.ts'
import type { Joined } from '../peers/join-network.ts'
import type { PeerDirectory } from '../peers/peer-directory.ts'
import type { OpenData } from './open-data.ts'
import type { Registry } from './open-registry.ts'

/** Returns the membership of the network that is joined; null if that is open. Rejects with `RIPPLE_NOTE_DAMAGED`. */
export async function openMembership(
  config: Config,
  { network: { localName } }: Joined,
  node: PeerNode,
  rules: Rules,
  { journal }: Pick<OpenData, 'journal'>,
): Promise<PrivateMembership | null> {
  const network = localName === null ? null : await readPrivateNetwork(config.data, localName)
  if (network === null) return null
  const now = (): number => systemClock.now()
  return PrivateMembership.open({ data: config.data, network, node, rules, journal, now })
}

/** The parts that invites are made of, and that a revocation acts on. */
export interface MembersNeeds extends Pick<OpenData, 'journal' | 'emit'> {
  readonly config: Config
  readonly joined: Joined
  readonly conductor: Pick<ConductorHandle, 'call' | 'agent'>
  readonly node: PeerNode
  readonly book: PeerDirectory
  readonly acceptance: Acceptance
  readonly registry: Registry
  readonly membership: PrivateMembership | null
}

/** The means to let machines in, and to refuse them. */
export interface Inviting {
  readonly inviter: InviterNeeds
  /** Ends a member's access here: its messages, its bytes, its connections and its invite. */
  readonly expel: (agent: AgentKey) => void
}

/** Answers machines that want to join with an invite, and refuses members whose revocation arrives. */
export async function followMembers(needs: MembersNeeds, stack: AsyncDisposableStack): Promise<Inviting> {
  const { conductor, membership, emit } = needs
  const inviter = await openInviting(needs, stack)
  const expel = expelFrom(needs, inviter)
  if (membership === null) return { inviter, expel }
  const onError = (thrown: unknown): void =>
    emit({ type: 'revocations_unread', ...failureOf(thrown) }, thrown)
  const store = policyStore(conductor.call).revocations
  stack.use(watchRevocations({ membership, store, clock: systemClock, onRevoked: expel, onError }))
  return { inviter, expel }
}

async function openInviting(needs: MembersNeeds, stack: AsyncDisposableStack): Promise<InviterNeeds> {
  const { config, joined, node, membership, emit } = needs
  const { name: network, localName, seed } = joined.network
  const server = config.bootstrap_url === null ? null : joined.bootstrapUrl
  const invites = await OpenInvites.read(needs.journal, () => systemClock.now())
  const inviter: InviterNeeds = {
    network: { network, localName, seed, server },
    ...{ membership, invites, key: node.key },
    self: { agent: needs.conductor.agent, name: config.name },
    accept: async ({ peerKey, agent, name = agent }) => {
      await needs.acceptance.accept({ public_key: peerKey, agent, name, at: systemClock.now() })
      needs.registry.presence.beatNow()
    },
    addresses: () => node.addresses(),
  }
  const answering = await answerInvites(node, async (asked) => {
    const answer = await answerInvite(inviter, asked)
    const { agent } = asked
    if ('refused' in answer) emit({ type: 'invite_refused', agent, reason: answer.refused })
    else emit({ type: 'invite_redeemed', agent })
    return answer
  })
  stack.use(answering)
  return inviter
}

function expelFrom({ conductor, node, book, registry, emit }: MembersNeeds, inviter: InviterNeeds) {
  return (agent: AgentKey): void => {
    emit({ type: 'member_revoked', agent })
    if (agent === conductor.agent) return
    const peer = book.drop(agent)
    registry.expel(agent)
    if (peer !== null) void node.hangUp(peer.peerId)
    // If the note cannot be written, the invite stays; its agent is refused anyway.
    void inviter.invites.withdraw(agent).catch(() => {})
  }
}
