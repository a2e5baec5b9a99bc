/** Passes messages in memory, for simulations. */
import { RippleError } from '../../../host/errors/ripple-error.ts'
import type { MessageHandler, Messages } from '../../../host/net/port.ts'
import type { AlarmClock } from '../../../host/types/clock.ts'
import type { AgentKey } from '../../../host/types/events.ts'
import type { Message } from '../../../host/types/message.ts'

/**
 * The fate of a message: the delays of the copies that arrive, in milliseconds. Empty when it is lost; null when the sender
 * learns that the peer cannot be reached.
 */
export type Fate = readonly number[] | null

/** Messages in memory between the peers of one process. The caller decides the fate of each. */
export class MemoryPost {
  readonly #clock: AlarmClock
  readonly #fate: (from: AgentKey, to: AgentKey, message: Message) => Fate
  readonly #handlers = new Map<AgentKey, Set<MessageHandler>>()

  constructor(clock: AlarmClock, fate: (from: AgentKey, to: AgentKey, message: Message) => Fate) {
    this.#clock = clock
    this.#fate = fate
  }

  /** Returns one peer's messages. */
  join(agent: AgentKey): Messages {
    return {
      send: async (to, message) => {
        const fate = this.#fate(agent, to, message)
        if (fate === null) throw new RippleError('RIPPLE_PEER_UNREACHABLE', { agent: to, detail: 'cut off' })
        for (const delay of fate) this.#clock.after(delay, () => this.#deliver(agent, to, message))
      },
      stream: (to, signal) => ({
        write: (piece) =>
          void this.join(agent)
            .send(to, piece, signal)
            .catch(() => undefined),
        end: () => undefined,
      }),
      onMessage: (handler) => {
        const handlers = this.#handlers.get(agent) ?? new Set()
        this.#handlers.set(agent, handlers.add(handler))
        return () => handlers.delete(handler)
      },
    }
  }

  #deliver(from: AgentKey, to: AgentKey, message: Message): void {
    for (const handler of this.#handlers.get(to) ?? []) handler(from, message, 'stream')
  }
}
