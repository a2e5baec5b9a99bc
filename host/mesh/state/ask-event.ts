/** Plans the requests to peers for events that the DHT has not delivered yet. */
import { limits } from '../../limits.ts'
import { backoff, paced } from '../../planning/effect-retry.ts'
import type { ActionHash, AgentKey, Millis } from '../../types/events.ts'
import { offerOwner } from './effect-owners.ts'
import type { PlanItem } from './effects.ts'
import type { MeshConfig, MeshState } from './state.ts'

/** Most requests to a peer for an event while an offer waits for its answer. */
const asksInAnOffer = 4

/** An event that was named, the peer that wrote it, and when it was named. */
interface WantedEvent {
  readonly hash: ActionHash
  readonly from: AgentKey
  readonly since: Millis
}

/**
 * Asks the author of an event for it, while the DHT is asked too; the first answer counts. If conductors have lost each other,
 * the DHT takes a minute and a message takes milliseconds. The DHT has a short head start from the time when the event was
 * named, because an answer costs the author's conductor a call.
 */
export function* askForEvent(
  state: MeshState,
  now: Millis,
  owner: string,
  verb: string,
  { hash, from, since }: WantedEvent,
): Generator<PlanItem> {
  if (from === state.self) return
  const begin = since + limits.event_ask_after_ms
  if (now < begin) {
    yield { wakeAt: begin }
    return
  }
  const message = { type: 'event_request', hash } as const
  yield* paced(state, now, owner, verb, askGap(state.config), { type: 'send', to: from, message })
}

/** Returns the pause after each try: time for the answer to arrive, then longer pauses, because the peer may not have it. */
function askGap(config: MeshConfig): (tries: number) => number {
  const gap = backoff(config)
  return (tries) => Math.max(gap(tries), config.offer_wait_ms / asksInAnOffer)
}

/** Whether this machine still wants an event from a peer. It takes no other events from that peer. */
export function wantsEvent(state: MeshState, from: AgentKey, hash: ActionHash): boolean {
  const asked = state.asked.get(offerOwner(hash, from))
  if (asked) return asked.event === null
  const granted = [...state.held.values()].some(
    ({ poster, ended, task, taskEvent, grant, grantEvent }) =>
      poster === from && !ended && ((task === hash && !taskEvent) || (grant === hash && !grantEvent)),
  )
  return granted || namesResult(state, from, hash)
}

function namesResult({ open }: MeshState, worker: AgentKey, hash: ActionHash): boolean {
  return [...open.values()].some(({ results }) =>
    [...results.values()].some(({ named, from, event }) => named === hash && from === worker && !event),
  )
}
