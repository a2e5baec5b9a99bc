/** Remembers the peers that the libp2p node has found. */
import type { Libp2p, PeerInfo } from '@libp2p/interface'
import { limits } from '../../limits.ts'

/** The peers that were found since the start. */
export interface FoundPeers extends Disposable {
  has(peer: string): boolean
  readonly size: number
}

/** Begins to remember the peers that are found with an address, at most `limits.doctor_found_max`. */
export function rememberFound(libp2p: Pick<Libp2p, 'addEventListener' | 'removeEventListener'>): FoundPeers {
  const found = new Set<string>()
  const remember = ({ detail }: CustomEvent<PeerInfo>): void => {
    if (detail.multiaddrs.length > 0 && found.size < limits.doctor_found_max) found.add(detail.id.toString())
  }
  libp2p.addEventListener('peer:discovery', remember)
  return {
    has: (peer) => found.has(peer),
    get size() {
      return found.size
    },
    [Symbol.dispose]: () => libp2p.removeEventListener('peer:discovery', remember),
  }
}
