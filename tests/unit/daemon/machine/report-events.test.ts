import { expect, test } from 'vitest'
import { reportLoaded, reportPeers } from '../../../../host/daemon/machine/report-events.ts'
import { limits } from '../../../../host/limits.ts'
import type { Emit } from '../../../../host/telemetry/events.ts'
import type { Peer } from '../../../../host/types/peer.ts'

/** A receiver of events, which notes them in words. */
function receiver() {
  const got: string[] = []
  const emit: Emit = (event) => {
    if ('name' in event) got.push(`${event.type} ${event.name}${'state' in event ? ` ${event.state}` : ''}`)
  }
  return { got, emit }
}

test("each change of a machine's state is reported", () => {
  const { got, emit } = receiver()
  let now = 0
  let changed: (peers: readonly Peer[]) => void = () => {}
  const onPeers = (handler: typeof changed) => {
    changed = handler
    return () => true
  }
  reportPeers({ onPeers }, 'me', { now: () => now }, emit)
  const peer = (agent: string, seenAt: number | null, availability = 'online') =>
    ({ agent, card: { agent_name: agent }, presence: { availability }, seenAt }) as unknown as Peer
  changed([peer('me', 0), peer('nas', 0), peer('old', null)])
  changed([peer('me', 0), peer('nas', 0), peer('desk', 0)])
  expect(got.splice(0)).toEqual(['peer_seen nas', 'peer_seen desk'])
  changed([peer('nas', 0, 'offline'), peer('desk', 0)])
  expect(got.splice(0)).toEqual(['peer_gone nas left'])
  now = 2 * limits.presence_every_ms
  changed([peer('nas', now), peer('desk', 0)])
  expect(got.splice(0)).toEqual(['peer_seen nas', 'peer_suspect desk'])
  now = limits.presence_every_ms * limits.presence_missed_max + 1
  changed([peer('nas', now), peer('desk', 0)])
  expect(got.splice(0)).toEqual(['peer_gone desk unreachable'])
  changed([peer('desk', 0)])
  expect(got).toEqual(['peer_gone nas left'])
})

test('a machine that waits to be accepted is reported, and again when it no longer does', () => {
  const got: unknown[] = []
  let changed: (peers: readonly Peer[]) => void = () => {}
  const onPeers = (handler: typeof changed) => {
    changed = handler
    return () => true
  }
  reportPeers({ onPeers }, 'me', { now: () => 0 }, (event) => void got.push(event))
  const nas = (waiting: Peer['waiting']) =>
    ({
      agent: 'key',
      card: { agent_name: 'nas' },
      presence: { availability: 'online' },
      seenAt: 0,
      waiting,
    }) as unknown as Peer
  changed([nas('here')])
  changed([nas('here')])
  changed([nas('there')])
  changed([nas(null)])
  const waits = (where: Peer['waiting']) => ({ type: 'peer_waiting', agent: 'key', name: 'nas', where })
  const seen = { type: 'peer_seen', agent: 'key', name: 'nas' }
  expect(got).toEqual([seen, waits('here'), waits('there'), waits(null)])
})

test('a model is reported once when it is loaded and once when it leaves the memory', () => {
  const { got, emit } = receiver()
  const present = () =>
    [{ sha256: 'a', name: 'tiny' }] as ReturnType<Parameters<typeof reportLoaded>[0]['present']>
  const report = reportLoaded({ present }, emit)
  const loaded = (sha256: string, running = 0) => ({ sha256, bytes: 1, running })
  report([])
  report([loaded('a')])
  report([loaded('a', 1), loaded('unlisted')])
  report([loaded('unlisted')])
  report([])
  expect(got).toEqual([
    'model_loaded tiny',
    'model_loaded unlisted',
    'model_unloaded tiny',
    'model_unloaded unlisted',
  ])
})
