/** Tests asks that every available machine refuses: they end with the reason, unless the reason passes with time. */
import { describe, expect, test } from 'vitest'
import { limits } from '../../../host/limits.ts'
import type { Decision, Gate } from '../../../host/types/decision.ts'
import type { Daemon } from '../../harness/sim/daemon.ts'
import { pass, play } from '../work/stage.ts'
import { ask, openPlane } from './plane.ts'

type Stage = 'claim' | 'run'
/** Longer than a round of offers and its answers, and far shorter than the time in the queue. */
const atOnceMs = 2 * limits.offer_again_ms

/** Has the policy of some machines refuse each task, when it is offered or when its payload is there. */
function refuse(daemons: readonly Daemon[], at: Stage, rule = 'run.tokens_over_cap'): void {
  for (const { machine } of daemons) {
    const allowing = machine.gate.decide.bind(machine.gate)
    const decide: Gate['decide'] = async (point, subject, facts): Promise<Decision> => {
      const decision = await allowing(point, subject, facts)
      const refuses = point === 'run' && facts.stage === at
      return refuses ? { ...decision, allow: false, rule, reasons: [rule.split('.')[1] ?? ''] } : decision
    }
    Object.assign(machine.gate, { decide })
  }
}

async function upAll(daemons: readonly Daemon[], world: Parameters<typeof play>[0]): Promise<void> {
  for (const daemon of daemons) await play(world, daemon.up())
  await pass(world, 5_000)
}

describe.each(['whole', 'stream'] as const)('an ask (%s)', (how) => {
  test.each<Stage>(['claim', 'run'])(
    "an ask ends at once if the only machine's policy refuses it at the %s",
    async (at) => {
      const plane = await openPlane(0, [], true, true)
      refuse([plane.poster], at)
      const { failed, ms } = await ask(plane, how)
      expect(failed).toMatchObject({
        code: 'RIPPLE_ANSWER_REFUSED',
        http: 403,
        exit: 4,
        message: expect.stringContaining("this machine (policy_refuses: policy 'run', tokens_over_cap)"),
      })
      expect(ms).toBeLessThan(atOnceMs)
    },
  )

  test.each<Stage>(['claim', 'run'])(
    'an ask ends at once if all policies refuse it at the %s, naming each machine',
    async (at) => {
      const plane = await openPlane(2, [], true, true)
      await upAll(plane.workers, plane.world)
      refuse([plane.poster, ...plane.workers], at)
      const { failed, ms } = await ask(plane, how)
      expect(failed).toMatchObject({ code: 'RIPPLE_ANSWER_REFUSED' })
      for (const { machine } of plane.workers)
        expect(String(failed)).toContain(`${machine.name} (policy_refuses)`)
      expect(String(failed)).toContain('this machine (policy_refuses')
      expect(ms).toBeLessThan(3 * atOnceMs)
    },
  )

  test('an ask ends at once if the present machines refuse it, whoever is away', async () => {
    const plane = await openPlane(2)
    const [here, away] = plane.workers
    if (!here || !away) throw new RangeError('too few machines')
    await upAll(plane.workers, plane.world)
    away.leave(24 * 3_600_000)
    await pass(plane.world, 2 * limits.presence_every_ms * limits.presence_missed_max)
    refuse([here], 'run')
    const { failed, ms } = await ask(plane, how)
    expect(failed).toMatchObject({ code: 'RIPPLE_ANSWER_REFUSED' })
    expect(ms).toBeLessThan(atOnceMs)
  })

  test('an ask is answered by the one machine that does not refuse it', async () => {
    const plane = await openPlane(2)
    await upAll(plane.workers, plane.world)
    refuse(plane.workers.slice(0, 1), 'run')
    const { failed, end } = await ask(plane, how)
    expect(failed).toBeNull()
    expect(end?.peer).toBe(plane.workers[1]?.machine.agent)
  })
})

test("an ask with its own key learns the refusal's reason too", async () => {
  const plane = await openPlane(0, [], true, true)
  refuse([plane.poster], 'run')
  const { failed } = await ask(plane, 'whole', { key: 'the-key-of-a-client' })
  expect(failed).toMatchObject({ code: 'RIPPLE_ANSWER_REFUSED' })
})

test('an ask waits for its queue deadline while one machine is only paused', async () => {
  const plane = await openPlane(2)
  const [refusing, paused] = plane.workers
  if (!refusing || !paused) throw new RangeError('too few machines')
  await upAll(plane.workers, plane.world)
  refuse([refusing], 'claim')
  paused.work?.pauseForOthers(true)
  const { failed, ms } = await ask(plane, 'whole')
  expect(failed).toMatchObject({ code: 'RIPPLE_ANSWER_EXPIRED', http: 429 })
  expect(String(failed)).toContain(`${paused.machine.name} (owner_paused)`)
  expect(String(failed)).toContain(`${refusing.machine.name} (policy_refuses)`)
  expect(ms).toBeGreaterThanOrEqual(limits.ask_deadlines_ms.queue)
})
