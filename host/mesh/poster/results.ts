/** Keeps the results that a poster knows of its tasks. */
import { FALLBACK_AGENTS_MAX } from '../../../zomes-bindings/generated/limits.ts'
import type { ActionHash, AgentKey, MeshEvent, Millis } from '../../types/events.ts'
import type { Message } from '../../types/message.ts'
import { mayStandIn } from '../placement/standby.ts'
import { isResult } from '../state/chain.ts'
import { currentGrant, type Posted, type ResultSeen } from '../state/posted.ts'
import { withKey, withoutKey } from '../state/state.ts'
import { renew } from './lease.ts'

/** The most results of stand-ins that are kept for one task, and for one stand-in, so that others find room too. */
const standInsMax = { all: FALLBACK_AGENTS_MAX, each: 4 }

type Named = Extract<Message, { type: 'result' }>

/** Returns the task after a grantee has named its Result. */
export function resultNamed(posted: Posted, from: AgentKey, message: Named, at: Millis): Posted {
  const grant = posted.grants[message.attempt - 1]
  return grant?.entry.worker === from ? withNamed(posted, grant.hash, from, message, at) : posted
}

/**
 * Returns the task after a stand-in has named its Result. Validation of the Result checks that the claim is this peer's
 * own. Until the Result is here, only the last message of each peer is kept.
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

/**
 * Returns the task with room for a stand-in's Result that is here, which may replace a mere message; null without room.
 */
function withRoom(posted: Posted, claim: ActionHash, author: AgentKey): Posted | null {
  if (hasRoom(posted, claim, author)) return posted
  const known = resultsOfStandIns(posted)
  const own = known.filter(({ from }) => from === author)
  const word = (own.length < standInsMax.each ? known : own).find(({ event }) => !event)
  return word ? { ...posted, results: withoutKey(posted.results, word.authority) } : null
}

/**
 * Records a named Result. The salt and key of an output are taken only from its worker. Those of another peer would cause
 * an honest result to be rejected.
 */
function withNamed(
  posted: Posted,
  authority: ActionHash,
  from: AgentKey,
  message: Named,
  at: Millis,
): Posted {
  const seen = posted.results.get(authority)
  // Once the Result itself is here, a message can only add its salt and key; before, the latest message counts. If the
  // worker names another Result, an earlier write succeeded late and the worker did not learn of it. Both come from one
  // run and have the same salt and key.
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
 * Returns the task after a Result was found: on the DHT (`arrived`), or sent by its worker. It counts if its authority is
 * a grant that counts, or a FallbackClaim. On a task that allows fallback, validation accepts any other authority only as
 * a claim of the author. A Result that is here is never replaced by another.
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
  const sign = { from: event.author, attempt: event.entry.attempt, at, ran: true }
  return withResult(renew(roomy, sign), found)
}

/** Returns the task with the knowledge about one result. */
export function withResult(posted: Posted, seen: ResultSeen): Posted {
  return { ...posted, results: withKey(posted.results, seen.authority, seen) }
}

/** Returns the results of stand-ins, sorted by the hash of their claims: the same order on every machine. */
export function resultsOfStandIns(posted: Posted): readonly ResultSeen[] {
  if (!posted.task.entry.fallback) return []
  const granted = new Set(posted.grants.map(({ hash }) => hash))
  const seen = [...posted.results.values()].filter(({ authority }) => !granted.has(authority))
  return seen.sort((a, b) => (a.authority < b.authority ? -1 : 1))
}

/** Returns the results that could close the task once they have passed their checks, in order of precedence. */
export function standing(posted: Posted): readonly ResultSeen[] {
  const current = currentResult(posted)
  return current ? [current, ...resultsOfStandIns(posted)] : resultsOfStandIns(posted)
}

/**
 * Returns the result that can close the task: the current grant's before a stand-in's. It is null until a result has
 * passed its checks and is on the DHT, because a Close that names another is refused.
 */
export function acceptable(posted: Posted): ResultSeen | null {
  return standing(posted).find(({ event, arrived, verdict }) => event && arrived && verdict?.ok) ?? null
}

/**
 * Returns until when this machine waits for results that only lack their check or their way over the DHT. A worker has as
 * long to send salt and key as it may take to notice that this machine is back.
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

/** Returns the result of the current grant; null while none is known. */
export function currentResult(posted: Posted): ResultSeen | null {
  const grant = currentGrant(posted)
  return grant ? (posted.results.get(grant.hash) ?? null) : null
}
