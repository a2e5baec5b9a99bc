/** Decides from evidence and time whether a peer is there. */
import { limits } from '../limits.ts'
import type { Millis } from './events.ts'
import type { Peer } from './peer.ts'

/** The states of a peer. */
export const peerStates = ['online', 'suspect', 'unreachable', 'left'] as const

/**
 * A peer's state. `suspect`: its last proof of life is late, or its connection has just ended. `unreachable`: no proof of life
 * came for too long, or none ever, or it could not be dialled. `left`: it said goodbye.
 */
export type PeerState = (typeof peerStates)[number]

/** The evidence about a peer. */
export type Evidence = Pick<Peer, 'presence' | 'seenAt' | 'link'>

/** The age at which the last beat makes its peer suspect, as a multiple of the interval between beats. */
const BEAT_GRACE = 1.2

/**
 * Returns a peer's state. `awayMs` is the silence in milliseconds after which a peer without a connection counts as
 * unreachable. A goodbye holds until the next message. A proof of life by another way outweighs an ended connection. Pure.
 */
export function peerState({ presence, seenAt, link }: Evidence, now: Millis, awayMs: Millis): PeerState {
  if (presence?.availability === 'offline') return 'left'
  if (link?.state === 'open') return 'online'
  const isOutdated = link === undefined || link === null || (seenAt !== null && seenAt > link.at)
  if (!isOutdated && link.state === 'failed') return 'unreachable'
  if (seenAt === null || now - seenAt > awayMs) return 'unreachable'
  const lateMs = (awayMs / limits.presence_missed_max) * BEAT_GRACE
  return !isOutdated || now - seenAt > lateMs ? 'suspect' : 'online'
}

/** Whether a peer counts as present: a suspect peer does, because its message may only be late. Pure. */
export function isThere(peer: Evidence, now: Millis, awayMs: Millis): boolean {
  const state = peerState(peer, now, awayMs)
  return state === 'online' || state === 'suspect'
}

/**
 * Returns the time from which a peer that sends nothing more is not there: infinite if it was never seen, and a time that
 * never comes while its connection is open. Pure.
 */
export function awayFrom({ presence, seenAt, link }: Evidence, awayMs: Millis): Millis {
  if (presence?.availability === 'offline') return seenAt ?? Number.POSITIVE_INFINITY
  if (link?.state === 'open') return Number.MAX_SAFE_INTEGER
  if (link?.state === 'failed' && link.at >= (seenAt ?? 0)) return link.at
  return seenAt === null ? Number.POSITIVE_INFINITY : seenAt + awayMs + 1
}
