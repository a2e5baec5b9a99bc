import { expect, test } from 'vitest'
import { rendezvousBugs } from '../harness/sim/rendezvous/bugs.ts'
import { simulateRendezvous } from '../harness/sim/rendezvous/simulate.ts'
import { hostsOf, rendezvousWork } from '../harness/sim/rendezvous/tally.ts'
import { defaultJobs, runShares } from '../harness/sim/shares.ts'

/** Seeds of small meshes in the suite; of large ones, and their machines. */
const seeds = 60
const large = { seeds: 1, hosts: 100 }
/** Seeds within which a defect must show. */
const seedsMax = 100

test.each([
  { count: seeds, hosts: null },
  { count: large.seeds, hosts: large.hosts },
])('each group of machines ends with one server: %o', async ({ count, hosts }) => {
  const options = { jobs: defaultJobs, signal: new AbortController().signal, onProgress: () => undefined }
  const sum = await runShares({ first: 1, count, hosts }, rendezvousWork, options)
  expect(sum.failures, 'again with: npm run sim -- --rendezvous --seed N').toEqual([])
  expect(sum.seeds).toBe(count)
})

test.for(Object.entries(rendezvousBugs))(
  'the simulator finds a planner that is wrong on purpose: %s',
  async ([, { planner, finds }], { annotate }) => {
    let seed = 0
    const found = async () => {
      const { violations } = await simulateRendezvous(seed, { hosts: hostsOf(seed, null), planner })
      return violations.some((violation) => finds.test(violation))
    }
    do seed += 1
    while (seed <= seedsMax && !(await found()))
    expect(seed).toBeLessThanOrEqual(seedsMax)
    await annotate(`found after ${seed} seeds`)
  },
)

test('the same seed gives the same simulation', async () => {
  const once = await simulateRendezvous(7, { hosts: 12 })
  expect(await simulateRendezvous(7, { hosts: 12 })).toEqual(once)
})
