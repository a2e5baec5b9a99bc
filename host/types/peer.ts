import type { NodeCapability } from '../../zomes-bindings/generated/NodeCapability.ts'
import type { Presence } from '../../zomes-bindings/generated/Presence.ts'
import type { AgentKey, Millis } from './events.ts'

/** What is known of another machine: its card from the DHT, and its last beat. */
export interface Peer {
  readonly agent: AgentKey
  readonly card: NodeCapability
  /** Null until the first beat arrives. */
  readonly presence: Presence | null
  /** When the last beat or message of it arrived, by this machine's clock; null when none has. */
  readonly seenAt: Millis | null
}
