import { expect, test } from 'vitest'
import type { Link } from '../../../host/types/peer.ts'
import {
  awayFrom,
  type Evidence,
  isThere,
  type PeerState,
  peerState,
} from '../../../host/types/peer-state.ts'
import type { Presence } from '../../../zomes-bindings/generated/agent-registry.ts'

const away = 90_000
/** Now. A beat is late 36 s after the last one. */
const now = 1_000_000
const link = (state: Link['state'], ago: number): Link => ({ state, at: now - ago, openedAt: 0 })
const said = (availability: Presence['availability']) => ({ availability }) as Presence
const seen = (ago: number): Evidence => ({ presence: null, seenAt: now - ago })

test.each<[string, PeerState, Evidence]>([
  ['heard just now', 'online', seen(0)],
  ['heard within a beat and its grace', 'online', seen(36_000)],
  ['late with its beat', 'suspect', seen(36_001)],
  ['silent up to the limit', 'suspect', seen(away)],
  ['silent for longer', 'unreachable', seen(away + 1)],
  ['never heard', 'unreachable', { presence: null, seenAt: null }],
  ['never heard, with an open connection', 'online', { presence: null, seenAt: null, link: link('open', 0) }],
  ['silent, with an open connection', 'online', { ...seen(10 * away), link: link('open', 10 * away) }],
  ['heard, and its connection has ended since', 'suspect', { ...seen(1_000), link: link('closed', 500) }],
  ['heard, and could not be dialled since', 'unreachable', { ...seen(1_000), link: link('failed', 500) }],
  ['heard by signal after a failed dial', 'online', { ...seen(500), link: link('failed', 1_000) }],
  ['heard by signal after its connection ended', 'online', { ...seen(500), link: link('closed', 1_000) }],
  ['draining', 'online', { ...seen(0), presence: said('draining') }],
  ['gone with a goodbye', 'left', { ...seen(0), presence: said('offline') }],
  [
    'gone with a goodbye, before its connection ends',
    'left',
    { ...seen(0), presence: said('offline'), link: link('open', 500) },
  ],
])('a peer %s is %s', (_name, state, evidence) => {
  expect(peerState(evidence, now, away)).toBe(state)
  expect(isThere(evidence, now, away)).toBe(state === 'online' || state === 'suspect')
})

test.each<[string, number, Evidence]>([
  ['heard now, from the limit of silence on', now + away + 1, seen(0)],
  ['never heard, at no time', Number.POSITIVE_INFINITY, { presence: null, seenAt: null }],
  ['not dialled, since the failed dial', now - 500, { ...seen(1_000), link: link('failed', 500) }],
  ['gone with a goodbye, since then', now - 500, { ...seen(500), presence: said('offline') }],
])('a peer %s is away', (_name, from, evidence) => {
  expect(awayFrom(evidence, away)).toBe(from)
})

test('a peer with an open connection does not go away by time', () => {
  const evidence = { ...seen(0), link: link('open', 0) }
  expect(awayFrom(evidence, away)).toBeGreaterThan(now + 1e9 * away)
  expect(isThere(evidence, now + 1_000 * away, away)).toBe(true)
})
