import { expect, test } from 'vitest'
import { type OwnStateNeeds, reportOwnState } from '../../../../host/daemon/peers/find-own-state.ts'
import type { DaemonEvent } from '../../../../host/telemetry/catalogue.ts'

test('the end of the comparison of chains is reported as a change of the own state', () => {
  const handlers = new Set<() => void>()
  let isComparing = true
  const bert = { agent: 'bert', seenAt: Date.now(), waiting: null, presence: { availability: 'online' } }
  const needs = {
    clock: { now: Date.now },
    presence: { peers: () => [bert], cardsMissing: () => 0, onPeers: () => () => {} },
    conductor: {
      agent: 'anna',
      status: () => ({ state: 'ready' }),
      guard: {
        checking: () => isComparing,
        onChange: (handler: () => void) => {
          handlers.add(handler)
          return () => handlers.delete(handler)
        },
      },
    },
  } as unknown as OwnStateNeeds
  const events: DaemonEvent[] = []
  const end = reportOwnState(needs, (event) => void events.push(event))
  isComparing = false
  for (const handler of handlers) handler()
  expect(events.map((event) => 'state' in event && event.state)).toEqual(['syncing', 'connected'])
  end()
  expect(handlers.size).toBe(0)
})
