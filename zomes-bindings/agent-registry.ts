import type { NodeCapability, Presence } from './generated/agent-registry.ts'
import { callsOf, type ZomeCall } from './zome-call.ts'

/** Functions that write to the own chain. */
export const agentRegistryWrites: readonly string[] = ['publish']

/** A machine's newest card. */
export interface CardOf {
  /** Its agent's key. */
  readonly agent: string
  readonly card: NodeCapability
  /** When its author wrote it, in milliseconds since 1970. */
  readonly at: number
}

/** `agent_registry`: who is there and what they can do. Reads tell what has arrived here. */
export interface AgentRegistry {
  readonly capabilities: {
    /** Writes this machine's card; resolves to the action's hash. Write only what has changed. */
    publish(card: NodeCapability, signal: AbortSignal): Promise<string>
    /** This machine's newest card. */
    mine(signal: AbortSignal): Promise<NodeCapability | null>
  }
  readonly heartbeat: {
    /**
     * Says to some agents that this machine is there, with its own card for those that may not have it. Nothing
     * confirms that they hear it.
     */
    beat(
      presence: Presence,
      card: NodeCapability | null,
      to: readonly string[],
      signal: AbortSignal,
    ): Promise<void>
  }
  readonly discovery: {
    /** The newest card of every agent. */
    cards(signal: AbortSignal): Promise<CardOf[]>
    /** Cards with a capability: `gpu`, `model:<sha256>`, `model-name:<name>`, else a tag. */
    byCapability(wanted: string, signal: AbortSignal): Promise<CardOf[]>
  }
}

/** The client of `agent_registry`. Every call rejects as `call` does. */
export function agentRegistry(call: ZomeCall): AgentRegistry {
  const ask = callsOf('agent_registry', call)
  return {
    capabilities: {
      publish: (card, signal) => ask('capabilities', 'publish', card, signal),
      mine: (signal) => ask('capabilities', 'mine', null, signal),
    },
    heartbeat: {
      beat: (presence, card, to, signal) =>
        ask('heartbeat', 'beat', { word: { presence, card }, to }, signal),
    },
    discovery: {
      cards: (signal) => ask('discovery', 'cards', null, signal),
      byCapability: (wanted, signal) => ask('discovery', 'by_capability', wanted, signal),
    },
  }
}
