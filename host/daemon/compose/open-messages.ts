/** Opens the messages between daemons, and decides whose messages are taken. */
import type { Config } from '../../config/config.ts'
import type { ConductorHandle } from '../../dht/session/open-conductor.ts'
import type { PrivateMembership } from '../../membership/membership.ts'
import { type AddressBook, acceptedOnly } from '../../net/address-book.ts'
import type { PeerNode } from '../../net/libp2p.ts'
import { openMessages, type StreamMessages } from '../../net/messages.ts'
import { Acceptance } from '../../peers/acceptance.ts'
import type { AgentKey } from '../../types/events.ts'
import type { PeerDirectory } from '../peers/peer-directory.ts'
import type { OpenData } from './open-data.ts'
import type { Registry } from './open-registry.ts'

/** The agents of peers, and those of them that this machine asks and works for. */
export interface Members {
  readonly book: AddressBook
  readonly acceptance: Acceptance
  readonly accepts: (agent: AgentKey) => boolean
  /** The address book without the machines that are not accepted. */
  readonly accepted: AddressBook
}

/**
 * Reads which machines are accepted. Everybody is on networks that need a proof, a secret or a server's URL to join; a local network
 * that machines find by its name alone is open only if its owner says so. A revoked member is accepted nowhere.
 */
export async function openMembers(
  { network, bootstrap_url, local, membership }: Config & { readonly membership: PrivateMembership | null },
  { journal }: OpenData,
  self: AgentKey,
  book: PeerDirectory,
): Promise<Members> {
  const isOpen = network !== 'local' || bootstrap_url !== null || local.open || membership !== null
  const publicKeyOf = (agent: AgentKey) => book.publicKeyOf(agent)
  const isRevoked = (agent: AgentKey) => membership?.isRevoked(agent) ?? false
  const acceptance = await Acceptance.open({ self, journal, isOpen, isRevoked, publicKeyOf })
  const accepts = (agent: AgentKey) => acceptance.accepts(agent)
  return { book, acceptance, accepts, accepted: acceptedOnly(book, accepts) }
}

/** Opens the messages: they go by stream, or through the conductor without one. */
export function openPeerMessages(
  conductor: ConductorHandle,
  node: PeerNode,
  { book, accepts }: Members,
  { emit }: OpenData,
): Promise<StreamMessages> {
  const onDrop = (reason: string): void => emit({ type: 'message_dropped', reason })
  return openMessages({
    self: conductor.agent,
    node,
    book,
    accepts,
    passOn: conductor.passOn,
    onDrop,
  })
}

/** The parts by which peers are heard. */
export interface HearingNeeds {
  readonly conductor: ConductorHandle
  readonly messages: StreamMessages
  readonly registry: Registry
  readonly book: AddressBook
  readonly membership: PrivateMembership | null
}

/**
 * Marks a peer as seen on every message. Its state arrives by stream, or by signal with its card. In a private network, the
 * messages of a machine whose card is not here are dropped, because anybody who knows the DNA can send a signal.
 */
export function hearPeers({ conductor, messages, registry, book, membership }: HearingNeeds): void {
  const { presence, loaded } = registry
  messages.onMessage((from, message, by) => {
    if (message.type !== 'present') return presence.seen(from, by)
    loaded.set(from, message.loaded)
    presence.noteAcceptance(from, message.accepts)
    presence.hear(from, message.presence, null, by)
  })
  conductor.onRestored(() => presence.beatNow())
  conductor.onSignal((signal) => {
    if (membership?.isRevoked(signal.from)) return
    if (signal.type === 'presence') return presence.hear(signal.from, signal.presence, signal.card, 'signal')
    if (membership !== null && book.lookup(signal.from) === null) return
    presence.seen(signal.from, 'signal')
    messages.receiveFallback(signal.from, signal.bytes)
  })
}
