import { expect, test } from 'vitest'
import { reportLoaded, reportPeers } from '../../../../host/daemon/machine/report-events.ts'
import { limits } from '../../../../host/limits.ts'
import type { Emit } from '../../../../host/telemetry/events.ts'
import type { Peer } from '../../../../host/types/peer.ts'

/** A receiver of events, which notes them in words. */
function receiver() {
  const got: string[] = []
  const emit: Emit = (event) => void ('name' in event && got.push(`${event.type} ${event.name}`))
  return { got, emit }
}

test('a machine is reported when it comes online, when it says goodbye and when it falls silent', () => {
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
  expect(got.splice(0)).toEqual(['peer_gone nas'])
  now = limits.presence_every_ms * limits.presence_missed_max + 1
  changed([peer('nas', now), peer('desk', 0)])
  expect(got).toEqual(['peer_seen nas', 'peer_gone desk'])
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
