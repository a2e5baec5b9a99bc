/** Sends beats by stream, and by remote signal if no stream gets through. */
import type { Presence } from '../../zomes-bindings/generated/agent-registry.ts'
import type { AgentRegistry } from '../../zomes-bindings/index.ts'
import { limits } from '../limits.ts'
import type { Clock } from '../types/clock.ts'
import type { AgentKey } from '../types/events.ts'
import type { Listener, PresenceParts, Word } from './presence.ts'
import { SignalBackoff } from './signal-backoff.ts'

/** The two ways to other machines. */
export interface Ways {
  /** Sends a beat by stream. Rejects if the peer's card or address is unknown, or the peer cannot be reached there. */
  stream(to: AgentKey, presence: Presence, signal: AbortSignal): Promise<void>
  /** Sends a beat by remote signal, through the conductor. */
  readonly heartbeat: AgentRegistry['heartbeat']
  readonly clock: Clock
  /**
   * Whether this machine's agent key may be new to others. A stream identifies only the machine, which others may take
   * for its earlier agent key. So the machine also introduces itself by signal.
   */
  readonly isNew?: boolean
}

/**
 * Sends beats by stream, which takes milliseconds, and by remote signal to agents that no stream reaches. An agent that
 * the last stream did not reach gets a signal without waiting for the next stream to fail.
 */
export function sendPresence({ stream, heartbeat, clock, isNew = false }: Ways): PresenceParts['say'] {
  const pace = new SignalBackoff()
  const bySignal = async (to: readonly Listener[], { presence, card }: Word, signal: AbortSignal) => {
    const now = clock.now()
    const due = to.filter((one) => pace.due(one, now))
    if (due.length === 0) return
    const agents = due.map(({ agent }) => agent)
    await heartbeat.beat(presence, card, agents, signal)
    for (const one of due) pace.signalled(one, now)
  }
  const reaches = ({ agent }: Listener, { presence }: Word, signal: AbortSignal): Promise<boolean> =>
    stream(agent, presence, signal).then(
      () => true,
      () => false,
    )
  return async (to, word, signal) => {
    const near = to.slice(0, limits.presence_streams_max)
    const introduces = isNew && word.card !== null
    const deaf = to.filter(({ agent }, at) => introduces || at >= near.length || pace.needs(agent))
    const signalled = bySignal(deaf, word, signal)
    // The signals are awaited after the streams: their failure must not cut the streams short.
    signalled.catch(() => {})
    const reached = await Promise.all(near.map((one) => reaches(one, word, signal)))
    await signalled
    const missed = near.filter((one, at) => !reached[at] && !deaf.includes(one))
    await bySignal(missed, word, signal)
    for (const [at, { agent }] of near.entries()) if (reached[at]) pace.reached(agent)
  }
}
