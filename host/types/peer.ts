/** Defines another machine of the network. */
import type { NodeCapability, Presence } from '../../zomes-bindings/generated/agent-registry.ts'
import type { AgentKey, Millis } from './events.ts'

/** Another machine, with its card from the DHT and its last beat. */
export interface Peer {
  readonly agent: AgentKey
  readonly card: NodeCapability
  /** Null until the first beat arrives. */
  readonly presence: Presence | null
  /** Arrival of its last beat or message, by this machine's clock; null before the first. */
  readonly seenAt: Millis | null
}
