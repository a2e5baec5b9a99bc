/** Tests a machine that comes back with another agent key under its old libp2p key, while tasks are posted to it. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { afterEach, expect, test, vi } from 'vitest'
import { meshCore } from '../../host/mesh/core.ts'
import { bindPeer } from '../../host/net/binding.ts'
import { Cards } from '../../host/peers/cards.ts'
import { openRules } from '../../host/rules/rules.ts'
import type { CardOf } from '../../zomes-bindings/index.ts'
import { checkHistory } from '../harness/checker/check.ts'
import { forever } from '../harness/forever.ts'
import { cardOf } from '../harness/sim/card.ts'
import type { Daemon } from '../harness/sim/daemon.ts'
import { calm } from '../harness/sim/faults.ts'
import { historyOf } from '../harness/sim/history.ts'
import { Prng } from '../harness/sim/random.ts'
import { World } from '../harness/sim/world.ts'
import { pass, play, request } from '../unit/work/stage.ts'

/** Number of simulations, each with other times. */
const seeds = 30
/** Tasks that are posted around the change of keys. */
const tasks = 10
/** Longest time that the card of the new key takes to arrive, in milliseconds. */
const arrivalMaxMs = 30_000

const rules = await openRules()
const key = await generateKeyPair('Ed25519')
afterEach(() => void vi.restoreAllMocks())

test(`no task is lost in ${seeds} simulations of a machine that changes its agent key`, async () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const random = new Prng(seed)
    const world = new World(random.fork(), calm, rules, meshCore, 3)
    const [poster, old, young] = world.daemons
    if (!poster || !old || !young) throw new RangeError('the stage is empty')
    const machine = await oneMachine(poster, old, young)
    world.start()
    const work = await play(world, poster.up())
    const leavesAfter = random.int(0, tasks - 1)
    const posted: string[] = []
    for (let post = 0; post < tasks; post++) {
      if (post === leavesAfter) machine.rejoin(world.clock.sleep(random.int(0, arrivalMaxMs), forever))
      posted.push((await play(world, work.post(request({ seed: post }), forever))).task)
      await pass(world, random.int(0, 1_500))
    }
    for (const task of posted)
      expect(await play(world, work.wait(task, forever)), `seed ${seed}`).toMatchObject({ state: 'accepted' })
    await pass(world, arrivalMaxMs)
    expect(machine.known(), `seed ${seed}`).not.toContain(old.machine.agent)
    // The checker does not know the change of keys as a fault, so it expects fewer runs.
    const broken = checkHistory(await historyOf(world)).filter(
      ({ rule, detail }) => rule !== 'executions_bounded' && detail !== machine.isGone,
    )
    expect(broken, `seed ${seed}`).toEqual([])
  }
})

/**
 * Makes one machine of two agents. The poster knows the machine by its cards alone, and the sender of a message by its libp2p key
 * alone. So it takes messages of the young agent for the old one's until it has a newer card.
 */
async function oneMachine(poster: Daemon, old: Daemon, young: Daemon) {
  const [before, after] = [old.machine.agent, young.machine.agent]
  const [first, second] = [await signed(before, 1), await signed(after, 2)]
  const arrived = await cardsOf(first, second)
  let cards = await cardsOf(first)
  let rejoined = false
  const isMistaken = () => rejoined && cards.known().has(before)
  const { machine } = poster
  const send = machine.messages.send.bind(machine.messages)
  vi.spyOn(machine.messages, 'send').mockImplementation((to, message, signal) =>
    send(to === before && isMistaken() ? after : to, message, signal),
  )
  const onMessage = machine.messages.onMessage.bind(machine.messages)
  vi.spyOn(machine.messages, 'onMessage').mockImplementation((handler) =>
    onMessage((from, message, by) => handler(from === after && isMistaken() ? before : from, message, by)),
  )
  const peers = machine.peers.bind(machine)
  vi.spyOn(machine, 'peers').mockImplementation(() => {
    const all = peers()
    const seenAt = all.find(({ agent }) => agent === after)?.seenAt ?? null
    return all
      .filter(({ agent }) => agent === machine.agent || cards.known().has(agent))
      .map((peer) => (peer.agent === before && isMistaken() ? { ...peer, seenAt } : peer))
  })
  return {
    known: () => [...cards.known().keys()],
    /** The state of the old agent at the end: its machine no longer uses it. */
    isGone: `${before}: its daemon is not up`,
    /** Leaves with the old key, and comes back with the young one; its card has arrived when the promise resolves. */
    rejoin: (arrival: Promise<void>) => {
      old.leave(Number.MAX_SAFE_INTEGER)
      rejoined = true
      void arrival.then(() => {
        cards = arrived
        poster.peersChanged()
      })
    },
  }
}

/** The cards of a machine to which the DHT has brought these. */
async function cardsOf(...found: CardOf[]): Promise<Cards> {
  const cards = new Cards({
    capabilities: { publish: async () => '', mine: async () => null },
    heartbeat: { beat: async () => {} },
    discovery: { cards: async () => found, byCapability: async () => [] },
  })
  await cards.refresh(forever)
  return cards
}

async function signed(agent: string, at: number): Promise<CardOf> {
  return { agent, at, card: { ...cardOf(agent, { name: 'rejoins' }), peer: await bindPeer(key, agent) } }
}
