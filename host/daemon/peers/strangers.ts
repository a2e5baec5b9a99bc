/** Accepts and forgets machines of the local network by the names that people use. */
import { RippleError } from '../../errors/ripple-error.ts'
import { readInvite } from '../../membership/invite-line.ts'
import { askToBeAccepted } from '../../membership/invite-protocol.ts'
import type { OpenInvites } from '../../membership/open-invites.ts'
import type { PeerNode } from '../../net/libp2p.ts'
import type { Strangers } from '../../operations/context.ts'
import type { Acceptance, AcceptedPeer } from '../../peers/acceptance.ts'
import type { Clock } from '../../types/clock.ts'
import type { AgentKey } from '../../types/events.ts'
import type { Peer } from '../../types/peer.ts'

/** Parts that the acceptance of strangers uses. */
export interface StrangersNeeds {
  readonly self: AgentKey
  /** This machine's name. */
  readonly name: string
  /** The network's seed. */
  readonly seed: string
  readonly node: Pick<PeerNode, 'connect' | 'key'>
  readonly acceptance: Acceptance
  readonly invites: Pick<OpenInvites, 'withdraw'>
  readonly clock: Pick<Clock, 'now'>
  peers(): readonly Peer[]
  /** Returns the libp2p key of an agent whose card was verified; null for others. */
  publicKeyOf(agent: AgentKey): string | null
  /** Called after each change, so that peers learn of it. */
  changed(): void
}

/** The beginning of a key that names a machine has at least so many characters. */
const PREFIX_MIN = 10

/** Returns the operations' view of acceptance. */
export function openStrangers(needs: StrangersNeeds): Strangers {
  const { acceptance, self, clock } = needs
  const seen = (): Named[] =>
    needs.peers().flatMap(({ agent, card }) => {
      const public_key = needs.publicKeyOf(agent)
      return agent === self || public_key === null ? [] : [{ agent, name: card.agent_name, public_key }]
    })
  return {
    list: () => ({ open: acceptance.isOpen, accepted: acceptance.list() }),
    accept: async (name) => {
      const accepted = { ...pick(name, seen()), at: clock.now() }
      await acceptance.accept(accepted)
      needs.changed()
      return accepted
    },
    forget: async (name) => {
      const found = pick(name, acceptance.list())
      // This comes first: with an invite the machine would let itself in again.
      await needs.invites.withdraw(found.public_key)
      await acceptance.forget(found.public_key)
      needs.changed()
      return found
    },
    redeem: (line) => redeem(needs, line),
  }
}

/** Each machine accepts the libp2p key that the connection has proved. The inviter's is the one that signed the line. */
async function redeem(
  { self: agent, name, seed, node, acceptance, clock, changed }: StrangersNeeds,
  line: string,
): Promise<AcceptedPeer> {
  const invite = await readInvite(line, clock.now())
  if (invite.inviter === node.key.publicKey)
    throw new RippleError('RIPPLE_INVITE_INVALID', { detail: 'this machine has made it' })
  const inviter = await askToBeAccepted(node, invite, { seed, agent, name })
  const accepted = { ...inviter, public_key: invite.inviter, at: clock.now() }
  await acceptance.accept(accepted)
  changed()
  return accepted
}

interface Named {
  readonly agent: AgentKey
  readonly name: string
  readonly public_key: string
}

/**
 * Returns the machine that a name or a key means. Anybody can take a name, so two machines of one name are told apart by
 * their keys. Throws `RIPPLE_PEER_UNKNOWN` and `RIPPLE_PEER_AMBIGUOUS`.
 */
function pick<T extends Named>(name: string, known: readonly T[]): T {
  const isKey = ({ agent, public_key }: T) =>
    name.length >= PREFIX_MIN && (agent.startsWith(name) || public_key.startsWith(name))
  const found = known.filter((one) => one.name === name || isKey(one))
  const [only] = found
  if (only === undefined) throw new RippleError('RIPPLE_PEER_UNKNOWN', { agent: name })
  if (found.length > 1) throw new RippleError('RIPPLE_PEER_AMBIGUOUS', { name, count: found.length })
  return only
}
