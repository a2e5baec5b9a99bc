import { expect, test } from 'vitest'
import type { Context } from '../../../../host/operations/context.ts'
import { peers } from '../../../../host/operations/machine/shape.ts'
import type { Peer } from '../../../../host/types/peer.ts'
import type { PeerPath } from '../../../../host/types/peer-path.ts'
import { cardOf } from '../../../harness/sim/card.ts'
import { statusView } from '../../api/status-view.ts'
import { stubContext } from '../../api/stub-context.ts'
import { agentKey } from '../../net/agents.ts'
import { call, render } from '../calls.ts'

const known = (letter: string, name: string, seenAt: number | null): Peer => {
  return { agent: agentKey(letter), card: cardOf(agentKey(letter), { name }), presence: null, seenAt }
}

/** A daemon that knows six machines, of which bert has a model in memory and told its load. */
function contextOf(): Context {
  const now = Date.now()
  const paths: Record<string, PeerPath> = {
    [agentKey('b')]: { kind: 'direct', relay: null, rttMs: 1.4 },
    [agentKey('c')]: { kind: 'relayed', relay: agentKey('b'), rttMs: 30 },
    [agentKey('d')]: { kind: 'relayed', relay: null, rttMs: null },
  }
  const digest = 'ab'.repeat(32)
  const model = { name: 'sim', digest, context_tokens: 2_048, owned_by: 'mesh' } as const
  const bert = {
    agent: agentKey('b'),
    card: cardOf(agentKey('b'), { name: 'bert', models: [digest] }),
    presence: {
      addresses: [],
      availability: 'online',
      load: { cpu_percent: 12, gpu_percent: 0, memory_percent: 40 },
      held_grants: 1,
      reply: false,
    },
    seenAt: now,
  } as const satisfies Peer
  const models = () => [{ ...model, at: [{ agent: agentKey('b'), name: 'bert', loaded: true }] }]
  return stubContext({
    agent: agentKey('a'),
    peers: async () => [
      ...[known('a', 'anna', now), bert, known('c', 'cleo', now), known('d', 'dora', now)],
      ...[known('e', 'emil', now), known('f', 'fritz', null)],
    ],
    pathTo: (agent: string) => paths[agent] ?? null,
    inference: { ...stubContext({}).inference, models },
    status: async () => statusView(),
  })
}

/** The rows of `peers`, with the given words. */
async function rows(input: object): Promise<string[]> {
  const found = await call('peers', contextOf(), input, AbortSignal.timeout(1_000))
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

test('`peers` with wide shows the load of each peer, and which of its models are in memory', async () => {
  const found = await call('peers', contextOf(), { wide: true }, AbortSignal.timeout(1_000))
  const { peers: all } = peers.output.parse(found)
  expect(all.find(({ name }) => name === 'bert')?.details).toMatchObject({
    models: [{ name: 'sim', loaded: true }],
    load: { cpu_percent: 12 },
  })
  expect(all.find(({ name }) => name === 'anna')?.details).toMatchObject({ load: null })
})
