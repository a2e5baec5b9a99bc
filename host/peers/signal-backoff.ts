/** Spaces out the remote signals to agents that do not answer. */
import { LRUCache } from 'lru-cache'
import { limits } from '../limits.ts'
import type { AgentKey, Millis } from '../types/events.ts'
import type { Listener } from './presence.ts'

const longestMs: Millis = limits.presence_signal_beats_max * limits.presence_every_ms

/**
 * The pause after the first signal: half of that between the first two asks for an answer, because an ask may come a little
 * sooner than its pause after the signal of the one before.
 */
const firstPauseMs: Millis = limits.presence_look_ms / 2

/** The last signal to an agent, and the pause before the next one unless the agent is heard. */
interface Signalled {
  readonly at: Millis
  readonly pauseMs: Millis
}

/**
 * Decides when an agent may be sent a remote signal: at once if it has answered the last one. Otherwise the pause doubles
 * with each signal. An agent that has come back under another address is so found within the longest pause.
 */
export class SignalBackoff {
  readonly #signalled = new LRUCache<AgentKey, Signalled>({ max: limits.presence_agents_max })

  /** Whether the agent was signalled and no stream has reached it since. */
  needs(agent: AgentKey): boolean {
    return this.#signalled.has(agent)
  }

  /** Whether the agent may be signalled now. */
  due(to: Listener, now: Millis): boolean {
    const last = this.#signalled.get(to.agent)
    return last === undefined || answered(to, last) || now - last.at >= last.pauseMs
  }

  /** Notes a signal. The number of agents is bounded: the network may name any agent. */
  signalled(to: Listener, at: Millis): void {
    const last = this.#signalled.get(to.agent)
    const again = last !== undefined && !answered(to, last)
    const pauseMs = again ? Math.min(2 * last.pauseMs, longestMs) : firstPauseMs
    this.#signalled.set(to.agent, { at, pauseMs })
  }

  /** Notes that a stream has reached the agent, which needs no signal until a stream fails. */
  reached(agent: AgentKey): void {
    this.#signalled.delete(agent)
  }
}

function answered({ heardAt }: Listener, last: Signalled): boolean {
  return heardAt !== null && heardAt >= last.at
}
