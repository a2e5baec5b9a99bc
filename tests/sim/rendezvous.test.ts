import { expect, test } from 'vitest'
import { simulateRendezvous } from '../harness/sim/rendezvous/simulate.ts'

/** Seeds of the suite, and those of a large mesh. */
const seeds = 40

test(`each group of machines ends with one server in ${seeds} simulations`, async () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const { violations } = await simulateRendezvous(seed, { hosts: 5 + (seed % 16) })
    expect(violations, `seed ${seed}`).toEqual([])
  }
})
