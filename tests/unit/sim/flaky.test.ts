import { expect, test } from 'vitest'
import { meshCore } from '../../../host/mesh/core.ts'
import { openRules } from '../../../host/rules/rules.ts'
import { calm } from '../../harness/sim/faults.ts'
import { Prng } from '../../harness/sim/random.ts'
import { World } from '../../harness/sim/world.ts'

test('any read of the simulated DHT may get no answer', async () => {
  const world = new World(new Prng(1), { ...calm, dhtSilent: 1 }, await openRules(), meshCore, 1)
  const dht = world.daemons[0]?.machine.dht
  const reads = Object.entries(dht ?? {}).filter(
    ([name, call]) => typeof call === 'function' && name !== 'commit',
  )
  expect(reads.length).toBeGreaterThan(5)
  for (const [name, read] of reads)
    await expect(Reflect.apply(read, dht, []), name).rejects.toMatchObject({ code: 'RIPPLE_DHT_UNAVAILABLE' })
})
