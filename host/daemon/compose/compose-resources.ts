/** Connects the offers and allocations of resources with the parts of the daemon. */
import { chainPlacesLeft } from '../../mesh/state/chain-capacity.ts'
import { messageProtocol } from '../../net/message-stream.ts'
import { openLedger } from '../../resources/ledger.ts'
import { openResources } from '../../resources/open-resources.ts'
import type { Resources } from '../../resources/port.ts'
import { systemClock } from '../../work/context/clock.ts'
import type { Parts } from './parts.ts'

/** Opens the resources of a daemon. Rejects with `RIPPLE_JOURNAL_CORRUPT`. */
export function composeResources(parts: Parts): Promise<Resources & Disposable> {
  const { conductor, config, work, sharing, registry, node } = parts
  const current = () => conductor.dht.dnaHash
  const unwilling = (): string | null => {
    if (work.draining()) return 'it takes nothing new'
    const isTight = chainPlacesLeft(work.room(current())).tight
    return isTight ? 'its chain of this epoch is nearly full' : sharing.why()
  }
  return openResources({
    ...parts,
    self: conductor.agent,
    ledger: openLedger({ list: () => conductor.epochs.list, current }),
    clock: systemClock,
    endpoint: `/p2p/${node.peerId}${messageProtocol}`,
    offers: config.share.offers,
    unwilling,
    peers: () => registry.presence.peers(),
    taken: (allocated) => work.allocated(allocated),
  })
}
