/** Declares the types that replace those of Helia's default libp2p node. */
import type { Helia } from '@helia/interface'
import type { Libp2p } from '@libp2p/interface'

/** Helia with the libp2p node that it runs on. */
export interface HeliaWithLibp2p extends Helia {
  readonly libp2p: Libp2p
}

/** Services of Helia's default node: none, because there is no default node. */
export type DefaultLibp2pServices = Record<never, never>

/** Options of Helia's default node. */
export type CreateLibp2pOptions<_Services = unknown> = Record<never, never>
