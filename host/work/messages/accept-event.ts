/** Takes in events that peers hand over. */
import { RippleError } from '../../errors/ripple-error.ts'
import { wantsEvent } from '../../mesh/state/ask-event.ts'
import { isGrant, isResult, isTask } from '../../mesh/state/chain.ts'
import { knownEvents } from '../../mesh/state/known-events.ts'
import type { Verdict } from '../../rules/rules.ts'
import type { ActionHash, AgentKey, MeshEvent, SignedBytes } from '../../types/events.ts'
import type { PeerContext } from '../context/context.ts'
import type { Waiting } from '../context/peer-event-cache.ts'
import { takeTask } from './fetch.ts'

/**
 * Takes an event from a peer that was asked for it, and trusts nothing that the peer says. The hash is that of the
 * bytes, and the signature is the author's. The rules of the network judge the event as if it came over the DHT. An
 * event that nobody asked for costs a hash and no more.
 */
export function acceptEvent(from: AgentKey, signed: SignedBytes, context: PeerContext): void {
  const { dht, rules } = context.needs
  const hash = rules.hashAction(signed.action)
  if (!isAskedFor(from, hash, context)) return
  const event = rules.readEvent(signed)
  // An event of a network that is not open here may be valid there, and means nothing here.
  if (event && dht.dnaHashes.includes(event.entry.dna_hash)) judgeInTurn({ from, event }, context)
}

function isAskedFor(from: AgentKey, hash: ActionHash, context: PeerContext): boolean {
  return wantsEvent(context.state(), from, hash) || context.peerEvents.awaits(from, hash)
}

/**
 * Judges an event, and then the event that has waited for it. An event that cannot be judged yet waits for the one that
 * it names.
 */
function judgeInTurn(first: Waiting, context: PeerContext): void {
  let came: ActionHash | null = null
  for (let next: Waiting | undefined = first; next; ) {
    const { from, event } = next
    const verdict = judge(event, context)
    if ('missing' in verdict) {
      // A Task that came and is not here was dropped by this daemon meanwhile: asking again would never end.
      if (verdict.missing !== came) awaitEvent(verdict.missing, next, context)
      return
    }
    if ('refused' in verdict) return
    context.peerEvents.add(event)
    deliver(from, event, context)
    next = context.peerEvents.release(event.hash)
    came = event.hash
  }
}

/** Requests the event that another one names: the Grant before a later one, or the claim of a stand-in's Result. */
function awaitEvent(missing: ActionHash, waiting: Waiting, context: PeerContext): void {
  // An event that the plan requests anyway is not requested twice.
  const asked = wantsEvent(context.state(), waiting.from, missing)
  if (context.peerEvents.wait(missing, waiting) && !asked)
    void context.send(waiting.from, { type: 'event_request', hash: missing })
}

function judge({ author, seq, entry }: MeshEvent, context: PeerContext): Verdict {
  const { max_action_seq } = context.state().config
  const named = new Set(namedBy(entry))
  const events = [...named].flatMap((hash) => context.peerEvents.get(hash) ?? [])
  if ('task' in entry) events.push(...knownEvents(context.state(), entry.task))
  const known = Object.fromEntries(
    events.filter(({ hash }) => named.has(hash)).map((event) => [event.hash, event]),
  )
  return context.needs.rules.checkEntry(
    entry,
    { author, seq, dna_hash: entry.dna_hash, max_action_seq },
    known,
  )
}

/** Yields the hashes of the events that are needed to judge an entry. */
function* namedBy(entry: MeshEvent['entry']): Generator<ActionHash> {
  if ('task' in entry) yield entry.task
  if ('prev' in entry) yield entry.prev
  if ('authority' in entry) yield entry.authority
}

/**
 * Dispatches the same inputs as for an event from the DHT. A Result has one of its own, because a Close may name it
 * only when the DHT has it.
 */
function deliver(from: AgentKey, event: MeshEvent, context: PeerContext): void {
  if (!wantsEvent(context.state(), from, event.hash)) return
  if (isTask(event)) takeTask(event, context)
  else if (isGrant(event)) context.dispatch({ type: 'grant_fetched', event })
  else if (isResult(event)) {
    const at = context.needs.clock.now()
    context.dispatch({ type: 'result_handed', task: event.entry.task, event, at })
  }
}

/**
 * Resolves when the DHT has shown all of these events. A write that names any other would make the writes after it wait
 * while the conductor looks for it. Rejects with `RIPPLE_EVENT_UNKNOWN`, for another try.
 */
export async function untilArrived(hashes: readonly ActionHash[], context: PeerContext): Promise<void> {
  const ahead = hashes.filter((hash) => context.peerEvents.isAhead(hash))
  for (const hash of ahead) {
    if (!(await context.needs.dht.get(hash, context.signal)))
      throw new RippleError('RIPPLE_EVENT_UNKNOWN', { hash })
    context.peerEvents.arrived(hash)
  }
}
