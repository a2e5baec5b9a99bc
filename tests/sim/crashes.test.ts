import { expect, test } from 'vitest'
import { meshCore } from '../../host/mesh/core.ts'
import { openRules } from '../../host/rules/rules.ts'
import { checkHistory } from '../harness/checker/check.ts'
import type { History } from '../harness/checker/history.ts'
import { client } from '../harness/sim/client.ts'
import { calm } from '../harness/sim/faults.ts'
import { historyOf } from '../harness/sim/history.ts'
import { Prng } from '../harness/sim/random.ts'
import { isQuiet } from '../harness/sim/simulate.ts'
import { epoch, World } from '../harness/sim/world.ts'
import { request } from '../unit/work/stage.ts'

const rules = await openRules()

/** Longest time until everything has ended, in milliseconds. */
const endMs = 400_000

/** Two tasks, one after the other, among two machines; the daemon of one of them is killed at one of its awaits. */
async function story(killed: number, step: number | null): Promise<{ history: History; steps: number[] }> {
  const world = new World(new Prng(1), calm, rules, meshCore, 2)
  const [poster] = world.daemons
  if (!poster) throw new RangeError('nobody posts')
  if (step !== null) world.daemons[killed]?.killAt(step)
  world.start()
  const first = request({ key: 'the key of the first task' })
  const posted = client(world, poster, first).then((task) =>
    client(world, poster, request({ key: 'the key of the second task', depends_on: [task] })),
  )
  let accepted = false
  void posted.then(() => {
    accepted = true
  })
  await world.clock.run(epoch + endMs, () => accepted && isQuiet(world))
  const steps = world.daemons.map((daemon) => daemon.steps)
  return { history: await historyOf(world), steps }
}

test.for([
  ['poster', 0],
  ['worker', 1],
] as const)(
  'the %s may be killed at any await of its work without a broken promise',
  { timeout: 300_000 },
  async ([, killed], { annotate }) => {
    const calmly = await story(killed, null)
    const steps = calmly.steps[killed] ?? 0
    expect(steps).toBeGreaterThan(50)
    for (let step = 1; step <= steps; step++) {
      const { history } = await story(killed, step)
      expect(checkHistory(history), `killed at await ${step}`).toEqual([])
      const closes = [...history.chains.values()]
        .flat()
        .flatMap(({ entry }) => (entry.type === 'Close' ? [entry] : []))
      expect(
        closes.map(({ outcome }) => outcome),
        `killed at await ${step}`,
      ).toEqual(['accepted', 'accepted'])
      expect(
        history.logs.some((line) => line.type === 'fault'),
        `killed at await ${step}`,
      ).toBe(true)
    }
    await annotate(`killed at each of ${steps} awaits`)
  },
)
