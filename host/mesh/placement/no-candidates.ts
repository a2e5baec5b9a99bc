/** Finds out whether any machine is left that could run a task. */
import type { Millis } from '../../types/events.ts'
import type { Peer } from '../../types/peer.ts'
import { awayAt } from '../state/feasible.ts'
import { lacks } from '../state/lacks.ts'
import { missedWords, type Posted } from '../state/posted.ts'
import type { MeshState } from '../state/state.ts'
import { mayBeAsked, refusesForGood, wasRejected } from './candidates.ts'

/**
 * Returns the time from which no machine is left for a task; infinite while one is left. A known
 * machine that can run the task is out if its output failed its check, or if it refuses the task for good. If the client chose
 * the machines, one that is away is also out. A background task waits for a machine that is away, an interactive one does not. A
 * machine that lost the task in another way is asked again.
 */
export function exhaustedAt(state: MeshState, posted: Posted): Millis {
  if (isFatal(posted)) return posted.knownAt
  const able = [...state.peers.values()].filter((peer) => isAble(state, posted, peer))
  const left = able.filter(({ agent }) => !wasRejected(posted, agent) && !refusesForGood(posted, agent))
  const { id } = posted.task.entry
  const isNamed = state.only.has(id) || state.except.has(id)
  if (posted.task.entry.fallback || (left.length === able.length && !isNamed)) return Number.POSITIVE_INFINITY
  // A poster that was away, or that knows no able machine, first needs time to hear from its peers.
  const isNew = missedWords(posted) || able.length === 0
  const from = isNew ? posted.knownAt + state.config.peer_away_ms : posted.knownAt
  return Math.max(from, ...left.map((peer) => goneFrom(state, posted, peer)))
}

/** Whether the prompt ended the last worker's engine; it would end the next one too. */
export function isFatal({ grants, results }: Posted): boolean {
  const status = results.get(grants.at(-1)?.hash ?? '')?.event?.entry.status
  return status?.type === 'failed' && status.code === 'prompt_fatal'
}

/** Whether a machine could ever be given the task, regardless of its history with the task. */
function isAble(state: MeshState, posted: Posted, { agent, card }: Peer): boolean {
  const { self, config, only } = state
  const { entry } = posted.task
  const itself = only.get(entry.id) === self || (config.self === 'last' && config.works)
  return mayBeAsked(state, posted, agent) && (agent !== self || itself) && lacks(entry, card).length === 0
}

function goneFrom({ self, config }: MeshState, { task, knownAt }: Posted, peer: Peer): Millis {
  if (peer.agent === self || task.entry.priority !== 'interactive') return Number.POSITIVE_INFINITY
  return peer.seenAt === null ? knownAt + config.peer_away_ms : awayAt(peer, config.peer_away_ms)
}
