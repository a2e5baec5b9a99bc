/** Reads the signals that peers send through the conductor. */
import type { Signal } from '@holochain/client'
import { z } from 'zod'
import type { NodeCapability, Presence } from '../../../zomes-bindings/generated/agent-registry.ts'
import type { AgentKey } from '../../types/events.ts'
import { presenceSchema } from '../../types/presence.ts'

const agent = z.string().regex(/^uhCAk[0-9A-Za-z_-]{48}$/)

/** The card in a signal. The zome passes on only cards that keep the DNA's rules, which are the schema. */
const cardSchema = z.custom<NodeCapability>((card) => typeof card === 'object' && card !== null)

const signalSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('message'), from: agent, bytes: z.instanceof(Uint8Array) }),
  z.object({
    type: z.literal('presence'),
    from: agent,
    presence: presenceSchema,
    card: cardSchema.nullable(),
  }),
])

/** A signal of another peer, as its zome function passed it on. The engine checks `from`. */
export type PeerSignal =
  | { readonly type: 'message'; readonly from: AgentKey; readonly bytes: Uint8Array }
  | {
      readonly type: 'presence'
      readonly from: AgentKey
      readonly presence: Presence
      readonly card: NodeCapability | null
    }

/** Reads a signal of the conductor; null if it is not Ripple's or is malformed. */
export function readSignal(signal: Signal): PeerSignal | null {
  if (signal.type !== 'app') return null
  return signalSchema.safeParse(signal.value.payload).data ?? null
}
