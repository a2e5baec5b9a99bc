/** Tests how other machines see a machine that comes back with another agent key under its old libp2p key. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { expect, test } from 'vitest'
import { PeerDirectory } from '../../../host/daemon/peers/peer-directory.ts'
import { bindPeer, peerIdOf } from '../../../host/net/binding.ts'
import { Cards } from '../../../host/peers/cards.ts'
import { PresenceBoard } from '../../../host/peers/presence.ts'
import type { AgentKey } from '../../../host/types/events.ts'
import type { Presence } from '../../../zomes-bindings/generated/agent-registry.ts'
import type { AgentRegistry, CardOf } from '../../../zomes-bindings/index.ts'
import { cardOf } from '../../harness/sim/card.ts'

const onward = new AbortController().signal
const machine = await generateKeyPair('Ed25519')
const peerId = peerIdOf(Buffer.from(machine.publicKey.raw).toString('hex')) ?? ''

/** A card of that machine for an agent key. */
async function cardFor(agent: AgentKey, at: number): Promise<CardOf> {
  const card = cardOf(agent, { name: 'second' })
  return { agent, at, card: { ...card, peer: await bindPeer(machine, agent) } }
}

/** The cards that another machine has from the DHT. */
function registry(found: CardOf[]): AgentRegistry & { readonly written: string[] } {
  const written: string[] = []
  return {
    written,
    capabilities: {
      publish: async ({ node_id }) => {
        written.push(node_id)
        return 'hash'
      },
      mine: async () => found[0]?.card ?? null,
    },
    heartbeat: { beat: async () => {} },
    discovery: { cards: async () => found, byCapability: async () => [] },
  }
}

const beat: Presence = {
  addresses: ['/ip4/10.0.0.2/tcp/4001'],
  availability: 'online',
  load: cardOf('second', { name: 'second' }).load,
  held_grants: 0,
  reply: false,
}

test('a machine with a new agent key is known by its newest card alone', async () => {
  const [old, young] = [await cardFor('old', 1), await cardFor('young', 2)]
  for (const found of [
    [old, young],
    [young, old],
  ]) {
    const cards = new Cards(registry(found))
    await cards.refresh(onward)
    expect([...cards.known().keys()]).toEqual(['young'])
    expect([cards.isReplaced('old'), cards.isReplaced('young')]).toEqual([true, false])
  }
})

test("a machine's introduction with a new agent key replaces its old one at once", async () => {
  const cards = new Cards(registry([await cardFor('old', 1)]))
  await cards.refresh(onward)
  const { card } = await cardFor('young', 0)
  await cards.introduce('young', card, 0)
  expect([...cards.known().keys()]).toEqual(['young'])
  await cards.refresh(onward)
  expect([...cards.known().keys()]).toEqual(['young'])
})

test("a card without the libp2p key's signature replaces no machine", async () => {
  const honest = await cardFor('honest', 1)
  const stolen = { ...cardOf('thief', { name: 'second' }), peer: honest.card.peer }
  const cards = new Cards(registry([honest, { agent: 'thief', at: 2, card: stolen }]))
  await cards.refresh(onward)
  expect(cards.known().has('honest')).toBe(true)
  const introduced = new Cards(registry([honest]))
  await introduced.refresh(onward)
  await introduced.introduce('thief', stolen, 3)
  expect(introduced.known().has('honest')).toBe(true)
})

test('a machine that returns to an old agent key writes its card again', async () => {
  const [old, young] = [await cardFor('old', 1), await cardFor('young', 2)]
  const zomes = registry([old, young])
  const cards = new Cards(zomes)
  await cards.refresh(onward)
  await cards.publish(old.card, onward)
  expect(zomes.written).toEqual(['old'])
})

test('the beats of a machine with a new agent key do not show its old one', async () => {
  const cards = new Cards(registry([await cardFor('old', 1)]))
  const book = new PeerDirectory({ of: () => [], note: () => {} })
  await using board = new PresenceBoard({
    agent: 'me',
    cards,
    accepts: () => true,
    links: { of: () => null, onChange: () => () => true },
    say: async () => {},
    describe: async () => beat,
    pausedForOthers: () => false,
    agents: async () => ['old', 'young'],
    clock: {
      now: () => 1_000,
      sleep: (_ms, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    },
    onError: (error) => {
      throw error
    },
  })
  await cards.refresh(onward)
  await book.update(board.peers())
  expect(book.agentOf(peerId)).toBe('old')
  const shown = Promise.withResolvers<void>()
  board.onPeers((peers) => {
    if (peers.some(({ agent }) => agent === 'young') && peers.length === 1) shown.resolve()
  })
  board.hear('young', beat, (await cardFor('young', 2)).card, 'signal')
  await shown.promise
  await book.update(board.peers())
  expect(book.agentOf(peerId)).toBe('young')
  expect(book.lookup('old')).toBeNull()
})

test('a card that the network refuses is not known, from the DHT or by its introduction', async () => {
  const [member, stranger] = [await cardFor('member', 1), cardOf('stranger', { name: 'stranger' })]
  const refused: AgentKey[] = []
  const cards = new Cards(registry([member, { agent: 'stranger', at: 2, card: stranger }]), ({ agent }) => {
    if (agent === 'member') return null
    refused.push(agent)
    return 'it is not a member'
  })
  await cards.refresh(onward)
  await cards.introduce('stranger', stranger, 3)
  expect([...cards.known().keys()]).toEqual(['member'])
  expect(refused).toEqual(['stranger', 'stranger'])
})

test('a revoked agent has no card and no address', async () => {
  const [one, addresses] = [await cardFor('one', 1), { of: () => [], note: () => {} }]
  const cards = new Cards(registry([one]))
  await cards.refresh(onward)
  const book = new PeerDirectory(addresses)
  await book.update([{ ...one, presence: null, seenAt: null }])
  expect(book.drop('one')?.peerId).toBe(peerId)
  expect([book.lookup('one'), book.agentOf(peerId), book.drop('one')]).toEqual([null, null, null])
  cards.expel('one')
  expect([...cards.known().keys()]).toEqual([])
})
