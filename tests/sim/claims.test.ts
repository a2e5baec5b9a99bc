import { afterEach, expect, test, vi } from 'vitest'
import { isGrant } from '../../host/mesh/state/chain.ts'
import type { Messages } from '../../host/net/port.ts'
import { checkHistory } from '../harness/checker/check.ts'
import { forever } from '../harness/forever.ts'
import { historyOf } from '../harness/sim/history.ts'
import { Prng } from '../harness/sim/random.ts'
import type { World } from '../harness/sim/world.ts'
import { play, request, stage } from '../unit/work/stage.ts'

/** Rounds, each with another order of the claims. */
const rounds = 200
/** Machines that claim one task at once, without its poster. */
const workers = 4

afterEach(() => void vi.restoreAllMocks())

test('four simultaneous claims of a task end in one grant and one run', async () => {
  for (let seed = 1; seed <= rounds; seed++) {
    // Every message takes one millisecond, so that what is sent at once arrives at once.
    const world = stage(workers + 1, { delayMaxMs: 1 })
    const claimedAt = claimAtOnce(world, new Prng(seed))
    const [poster] = world.daemons
    if (!poster) throw new RangeError('the stage is empty')
    const work = await play(world, poster.up())
    const { task } = await play(world, work.post(request(), forever))
    expect(await play(world, work.wait(task, forever)), `seed ${seed}`).toMatchObject({ state: 'accepted' })
    expect(claimedAt, `seed ${seed}`).toHaveLength(workers)
    expect(new Set(claimedAt).size, `seed ${seed}`).toBe(1)
    const grants = [...world.network.chains().values()].flat().filter(isGrant)
    expect(grants, `seed ${seed}`).toHaveLength(1)
    expect(world.logs.filter(({ type }) => type === 'run_started')).toHaveLength(1)
    expect(world.daemons.map((one) => one.work?.heldGrants())).toEqual(world.daemons.map(() => 0))
    expect(checkHistory(await historyOf(world)), `seed ${seed}`).toEqual([])
  }
})

/**
 * Offers every task to all workers at once, holds their claims until each has made one, and sends these in a drawn order.
 * Gives when they were sent.
 */
function claimAtOnce(world: World, random: Prng): readonly number[] {
  const [poster, ...others] = world.daemons.map(({ machine }) => machine)
  if (!poster) throw new RangeError('the stage is empty')
  const offer = sendOf(poster.messages)
  vi.spyOn(poster.messages, 'send').mockImplementation(async (to, message, signal) => {
    const all = message.type === 'offer' ? others.map(({ agent }) => agent) : [to]
    await Promise.all(all.map((agent) => offer(agent, message, signal)))
  })
  const claimedAt: number[] = []
  const held: (() => Promise<void>)[] = []
  for (const { messages } of others) {
    const send = sendOf(messages)
    vi.spyOn(messages, 'send').mockImplementation(async (to, message, signal) => {
      if (message.type !== 'claim' || held.length === workers) return send(to, message, signal)
      held.push(() => {
        claimedAt.push(world.clock.now())
        return send(to, message, signal)
      })
      if (held.length === workers) for (const release of shuffled(held, random)) void release()
    })
  }
  return claimedAt
}

function sendOf(messages: Messages): Messages['send'] {
  return messages.send.bind(messages)
}

function shuffled<T>(list: readonly T[], random: Prng): T[] {
  return list
    .map((one) => ({ one, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ one }) => one)
}
