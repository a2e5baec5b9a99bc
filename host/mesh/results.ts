import { FALLBACK_AGENTS_MAX } from '../../zomes-bindings/generated/limits.ts'
import type { ActionHash, AgentKey, MeshEvent, Millis } from '../types/events.ts'
import type { Message } from '../types/message.ts'
import { isResult } from './chain.ts'
import { renew } from './lease.ts'
import { currentGrant, type Posted, type ResultSeen } from './posted.ts'
import { mayStandIn } from './standby.ts'
import { withKey, withoutKey } from './state.ts'

/** Most results of stand-ins that are kept for one task, and of them for one stand-in: others must find room too. */
const standInsMax = { all: FALLBACK_AGENTS_MAX, each: 4 }

type Named = Extract<Message, { type: 'result' }>

/** The task after a grantee has named its Result. */
export function resultNamed(posted: Posted, from: AgentKey, message: Named, at: Millis): Posted {
  const grant = posted.grants[message.attempt - 1]
  return grant?.entry.worker === from ? withNamed(posted, grant.hash, from, message, at) : posted
}

/**
 * The task after a stand-in has named its Result. That the claim is this peer's own is checked by validation, with the
 * Result itself; until that is here only the last word of each peer is kept.
 */
export function resultOfStandIn(
  posted: Posted,
  from: AgentKey,
  message: Named,
  claim: ActionHash,
  at: Millis,
): Posted {
  if (isGranted(posted, claim) || !mayStandIn(posted.task, from)) return posted
  const older = resultsOfStandIns(posted).filter(
    (seen) => seen.from === from && !seen.event && seen.authority !== claim,
  )
  const results = older.reduce((rest, { authority }) => withoutKey(rest, authority), posted.results)
  const heard = older.length > 0 ? { ...posted, results } : posted
  return hasRoom(heard, claim, from) ? withNamed(heard, claim, from, message, at) : posted
}

function isGranted({ grants, forks }: Posted, authority: ActionHash): boolean {
  return [...grants, ...forks].some(({ hash }) => hash === authority)
}

function hasRoom(posted: Posted, claim: ActionHash, from: AgentKey): boolean {
  if (posted.results.has(claim)) return true
  const known = resultsOfStandIns(posted)
  const own = known.filter((seen) => seen.from === from)
  return known.length < standInsMax.all && own.length < standInsMax.each
}

/** The task with room for a stand-in's Result that is here: a mere word gives way to it. Null when there is none. */
function withRoom(posted: Posted, claim: ActionHash, author: AgentKey): Posted | null {
  if (hasRoom(posted, claim, author)) return posted
  const known = resultsOfStandIns(posted)
  const own = known.filter(({ from }) => from === author)
  const word = (own.length < standInsMax.each ? known : own).find(({ event }) => !event)
  return word ? { ...posted, results: withoutKey(posted.results, word.authority) } : null
}

/** What opens an output is taken from its worker alone: another's word would have an honest result rejected. */
function withNamed(
  posted: Posted,
  authority: ActionHash,
  from: AgentKey,
  message: Named,
  at: Millis,
): Posted {
  const seen = posted.results.get(authority)
  // Once the Result itself is here, a message can only add what opens it; before, the latest word counts. Where the worker
  // names another one, a write of which it heard nothing came later all the same: both are of one run, and open alike.
  if (seen?.event && (seen.event.author !== from || seen.salt !== null)) return posted
  if (seen?.named === message.result && seen.from === from && seen.salt !== null) return posted
  return withResult(posted, {
    authority,
    attempt: message.attempt,
    named: seen?.event?.hash ?? message.result,
    from,
    event: seen?.event ?? null,
    arrived: seen?.arrived ?? false,
    seenAt: seen?.seenAt ?? at,
    salt: message.salt,
    key: message.key,
    verdict: seen?.verdict ?? null,
  })
}

/**
 * The task after a Result was found: on the DHT (`arrived`), or handed over by its worker. It counts when its authority
 * is a grant that counts, or a FallbackClaim: what is neither, on a task that allows fallback, was let through by
 * validation as a claim of its author. One that is here is never replaced by another.
 */
export function resultFound(posted: Posted, event: MeshEvent, arrived: boolean, at: Millis): Posted {
  if (!isResult(event) || posted.close) return posted
  const { authority } = event.entry
  const grant = posted.grants.find(({ hash }) => hash === authority)
  const lostFork = posted.forks.some(({ hash }) => hash === authority)
  const counts = grant ? grant.entry.worker === event.author : mayStandIn(posted.task, event.author)
  if (!counts || lostFork) return posted
  const roomy = grant ? posted : withRoom(posted, authority, event.author)
  if (!roomy) return posted
  const seen = roomy.results.get(authority)
  if (seen?.event) {
    const news = arrived && !seen.arrived && seen.event.hash === event.hash
    return news ? withResult(posted, { ...seen, arrived }) : posted
  }
  const fits = seen?.from === event.author
  const found: ResultSeen = {
    authority,
    attempt: event.entry.attempt,
    named: event.hash,
    from: event.author,
    event,
    arrived,
    seenAt: at,
    salt: fits ? seen.salt : null,
    key: fits ? seen.key : null,
    verdict: null,
  }
  const sign = {
    from: event.author,
    attempt: event.entry.attempt,
    running: true,
    text: false,
    ran: true,
    tokens_in: 0,
    tokens_out: 0,
    released: false,
    at,
  }
  return withResult(renew(roomy, sign), found)
}

/** The task with what is known of one result. */
export function withResult(posted: Posted, seen: ResultSeen): Posted {
  return { ...posted, results: withKey(posted.results, seen.authority, seen) }
}

/** Results of stand-ins, by the hash of their claims: the same order for everybody. */
export function resultsOfStandIns(posted: Posted): readonly ResultSeen[] {
  if (!posted.task.entry.fallback) return []
  const granted = new Set(posted.grants.map(({ hash }) => hash))
  const seen = [...posted.results.values()].filter(({ authority }) => !granted.has(authority))
  return seen.sort((a, b) => (a.authority < b.authority ? -1 : 1))
}

/** The results that the task could be closed with once they have passed their checks, in the order in which they count. */
export function standing(posted: Posted): readonly ResultSeen[] {
  const current = currentResult(posted)
  return current ? [current, ...resultsOfStandIns(posted)] : resultsOfStandIns(posted)
}

/**
 * The result that the task can be closed with: the current grant's before a stand-in's; null until one has passed its
 * checks and stands on the DHT, for a Close that names another is refused.
 */
export function acceptable(posted: Posted): ResultSeen | null {
  return standing(posted).find(({ event, arrived, verdict }) => event && arrived && verdict?.ok) ?? null
}

/**
 * Until when results are waited for that only lack their check, or their way over the DHT: a worker has as long to send
 * what opens its own as it may take to notice that this machine is back.
 */
export function hopeEnd(posted: Posted, awayMs: number): Millis {
  const open = standing(posted).filter(isPromising)
  const patience = Math.max(awayMs, posted.task.entry.lease_ms)
  return Math.max(0, ...open.map(({ seenAt }) => seenAt + patience))
}

/** Whether a result only lacks its check, or its way over the DHT. */
export function isPromising({ event, arrived, verdict }: ResultSeen): boolean {
  return event?.entry.status.type === 'ok' && (!verdict || (verdict.ok && !arrived))
}

/** The result of the current grant, when one is known. */
export function currentResult(posted: Posted): ResultSeen | null {
  const grant = currentGrant(posted)
  return grant ? (posted.results.get(grant.hash) ?? null) : null
}
