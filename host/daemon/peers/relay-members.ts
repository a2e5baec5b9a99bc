/** Has the libp2p node relay between members, and be relayed to them. */
import type { ConductorHandle } from '../../dht/session/open-conductor.ts'
import type { AddressBook } from '../../net/address-book.ts'
import type { PeerNode } from '../../net/libp2p.ts'
import type { RelayOffer } from '../../net/relay.ts'
import type { PresenceBoard } from '../../peers/presence.ts'
import type { Emit } from '../../telemetry/events.ts'

/** The parts of the daemon that relaying needs. */
export interface RelayNeeds {
  readonly offer: RelayOffer
  readonly node: Pick<PeerNode, 'relay' | 'heard'>
  readonly book: AddressBook
  readonly presence: Pick<PresenceBoard, 'beatNow'>
  readonly conductor: Pick<ConductorHandle, 'onSignal'>
  readonly emit: Emit
}

/**
 * Begins to relay, and to ask relays for places when members are heard through the conductor alone. When the places change,
 * a beat gives peers the new addresses at once.
 */
export function relayMembers({ offer, node, book, presence, conductor, emit }: RelayNeeds): void {
  node.relay({
    offer,
    isMember: (peerId) => book.agentOf(peerId) !== null,
    onOffer: () => emit({ type: 'relay_offered' }),
    onPlaces: (relays) => {
      emit({ type: 'relay_places', relays: [...relays] })
      presence.beatNow()
    },
  })
  conductor.onSignal(({ from }) => node.heard(book.lookup(from)?.peerId ?? ''))
}
