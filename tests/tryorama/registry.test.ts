import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Presence } from '../../zomes-bindings/generated/agent-registry.ts'
import { card } from '../harness/tryorama/card.ts'
import { arrives, Scene, type ScenePeer } from '../harness/tryorama/scene.ts'
import { digest } from './entries.ts'

/** Time to start two conductors, in milliseconds: a busy machine compiles slowly. */
const START_MS = 600_000
/** After how long a beat that was not heard is said again, in milliseconds. */
const BEAT_MS = 2_000

const signal = AbortSignal.timeout(START_MS)

describe('the registry of peers', () => {
  let scene: Scene
  let one: ScenePeer
  let other: ScenePeer

  beforeAll(async () => {
    scene = await Scene.open()
    const roles = ['agent_registry']
    one = await scene.join(await scene.conductor('honest'), { roles })
    other = await scene.join(await scene.conductor('honest'), { roles })
    await scene.meet(one, other)
  }, START_MS)

  afterAll(() => scene?.[Symbol.asyncDispose]())

  test('all peers find a card, also by its capabilities', async () => {
    await one.registry.capabilities.publish(card(one.agent), signal)
    const found = await arrives('the card', async () => {
      const cards = await other.registry.discovery.cards(signal)
      return cards.find(({ agent }) => agent === one.agent)
    })
    expect(found.card).toEqual(card(one.agent))
    for (const wanted of ['region:test', 'model-name:tiny', `model:${digest('model')}`]) {
      // Each capability has a link of its own, which arrives by itself.
      const able = await arrives(wanted, async () => {
        const cards = await other.registry.discovery.byCapability(wanted, signal)
        return cards.length === 0 ? null : cards
      })
      expect(able.map(({ agent }) => agent)).toEqual([one.agent])
    }
    expect(await other.registry.discovery.byCapability('gpu', signal)).toEqual([])
  })

  test('a newer card replaces the one before', async () => {
    await one.registry.capabilities.publish({ ...card(one.agent), agent_name: 'renamed' }, signal)
    expect((await one.registry.capabilities.mine(signal))?.agent_name).toBe('renamed')
    await arrives('the new name', async () => {
      const cards = await other.registry.discovery.cards(signal)
      return cards.find((found) => found.agent === one.agent && found.card.agent_name === 'renamed')
    })
  })

  test("a stranger's card and a key that vouches for another are refused", async () => {
    const { capabilities } = other.registry
    await expect(capabilities.publish(card(one.agent), signal)).rejects.toThrow(/node_id is not the author/)
    await expect(capabilities.publish(card(other.agent, one.agent), signal)).rejects.toThrow(/signature/)
  })

  test.each(['bob\nuhCAk... online', '\u001b[2J', '\u202ebob'])(
    'a card with the name %j is refused',
    async (name) => {
      const forged = one.registry.capabilities.publish({ ...card(one.agent), agent_name: name }, signal)
      await expect(forged).rejects.toThrow(/control characters/)
    },
  )

  test('a beat arrives with its sender', async () => {
    const heard = new Promise<unknown>((resolve) => {
      other.appWs.on('signal', (said) => {
        if (said.type === 'app') resolve(said.value.payload)
      })
    })
    const presence: Presence = {
      addresses: ['/ip4/127.0.0.1/tcp/1'],
      availability: 'online',
      load: { cpu_percent: 1, gpu_percent: 0, memory_percent: 2 },
      held_grants: 0,
      reply: true,
    }
    // A beat is a signal, which nothing confirms: one that is lost is followed by the next.
    const beat = () => one.registry.heartbeat.beat(presence, card(one.agent), [other.agent], signal)
    const first = await arrives('a beat', async () => {
      await beat()
      return Promise.race([heard, sleep(BEAT_MS, null)])
    })
    expect(first).toEqual({ type: 'presence', from: one.agent, presence, card: card(one.agent) })
  })
})
