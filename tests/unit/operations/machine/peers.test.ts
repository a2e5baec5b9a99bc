import { expect, test } from 'vitest'
import type { Context } from '../../../../host/operations/context.ts'
import type { Peer } from '../../../../host/types/peer.ts'
import type { PeerPath } from '../../../../host/types/peer-path.ts'
import { cardOf } from '../../../harness/sim/card.ts'
import { statusView } from '../../api/status-view.ts'
import { agentKey } from '../../net/agents.ts'
import { call, render } from '../calls.ts'

const known = (letter: string, name: string, seenAt: number | null): Peer => {
  return { agent: agentKey(letter), card: cardOf(agentKey(letter), { name }), presence: null, seenAt }
}

/** The rows of `peers`, with the given words. */
async function rows(input: object): Promise<string[]> {
  const now = Date.now()
  const paths: Record<string, PeerPath> = {
    [agentKey('b')]: { kind: 'direct', relay: null, rttMs: 1.4 },
    [agentKey('c')]: { kind: 'relayed', relay: agentKey('b'), rttMs: 30 },
    [agentKey('d')]: { kind: 'relayed', relay: null, rttMs: null },
  }
  const context = {
    agent: agentKey('a'),
    peers: async () => [
      ...[known('a', 'anna', now), known('b', 'bert', now), known('c', 'cleo', now), known('d', 'dora', now)],
      ...[known('e', 'emil', now), known('f', 'fritz', null)],
    ],
    pathTo: (agent: string) => paths[agent] ?? null,
    status: async () => statusView(),
  } as Partial<Context> as Context
  const found = await call('peers', context, input, AbortSignal.timeout(1_000))
  const cells = render('peers', found).lines.map((line) => line.split(/ {2,}/))
  return cells.map(([_agent, name, ...rest]) => [name, ...rest.slice(-2)].join(' | '))
}

test('`peers --wide` says how each peer is reached, by which relay, and how long a ping takes', async () => {
  expect(await rows({ wide: true })).toEqual([
    'NAME | PATH | ROUND TRIP',
    'anna (this one) | - | -',
    'bert | direct | 1 ms',
    'cleo | relayed by bert | 30 ms',
    'dora | relayed by ? | -',
    'emil | through the conductor | -',
    'fritz | - | -',
  ])
})

test('`peers` without --wide has no column for the way', async () => {
  expect((await rows({}))[0]).not.toContain('PATH')
})
