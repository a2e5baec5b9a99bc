import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { prepareRestore } from '../../host/daemon/prepare-restore.ts'
import type { ConductorHandle } from '../../host/dht/open-conductor.ts'
import { task } from '../conformance/dht.ts'
import { type ConductorNetwork, conductorNetwork } from '../harness/conductors.ts'
import { WARM_MS } from '../harness/warm-data.ts'

const signal = new AbortController().signal
/** Time in which gossip has brought a peer all that was written, in milliseconds. */
const GOSSIP_MS = 15_000
const ARRIVES = { timeout: 60_000, interval: 500 }

let net: ConductorNetwork
let ann: ConductorHandle
let bob: ConductorHandle

beforeAll(async () => {
  net = await conductorNetwork('e2e-restore')
  ann = await net.open('ann')
  bob = await net.open('bob')
}, WARM_MS)
afterAll(async () => {
  await ann?.[Symbol.asyncDispose]()
  await bob?.[Symbol.asyncDispose]()
  await net?.[Symbol.asyncDispose]()
})

// The engine asks for one cell after the other and pauses in between: a minute and a half that the suite has not.
test.runIf(process.env.SLOW_TESTS === '1')(
  'chains whose databases are gone come back from one peer, and go on from their heads',
  async () => {
    const { hash: before } = await ann.dht.commit(task(ann.dht, 'key-0000000000000001'), signal)
    await sleep(GOSSIP_MS)
    await ann[Symbol.asyncDispose]()
    const plan = await prepareRestore(join(net.folder, 'ann'))
    expect(plan.agent).toBe(ann.agent)
    ann = await net.open('ann')
    expect(ann.agent).toBe(plan.agent)
    expect((await ann.dht.get(before, signal))?.hash).toBe(before)
    const { hash: after } = await ann.dht.commit(task(ann.dht, 'key-0000000000000002'), signal)
    const arrived = await vi.waitFor(async () => {
      const event = await bob.dht.get(after, signal)
      expect(event).not.toBeNull()
      return event
    }, ARRIVES)
    expect(arrived?.seq).toBeGreaterThan((await bob.dht.get(before, signal))?.seq ?? Number.POSITIVE_INFINITY)
    await bob.passOn(ann.agent, new Uint8Array([0]), signal)
  },
  WARM_MS,
)
