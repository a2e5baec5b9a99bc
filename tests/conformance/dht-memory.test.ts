import { openRules } from '../../host/rules/rules.ts'
import { systemClock } from '../../host/work/context/clock.ts'
import { MemoryNetwork } from '../harness/doubles/memory-dht.ts'
import { actionHashOf, dnaHashOf, identityOf } from '../harness/sim/identity.ts'
import { type DhtPair, dhtConformance } from './dht.ts'

/** Time that a write takes here, and an event on its way, in milliseconds. */
const WRITE_MS = 1
const ARRIVAL_MS = 20
/** Deadline for opening: it loads the rules, in milliseconds. */
const OPEN_MS = 20_000

/** Two peers of an in-memory network. */
async function open(): Promise<DhtPair> {
  const network = new MemoryNetwork({
    dnaHash: dnaHashOf('conformance'),
    maxActionSeq: 100_000,
    rules: await openRules(),
    clock: systemClock,
    root: actionHashOf('root'),
    writeMs: () => WRITE_MS,
    arrivalMs: () => ARRIVAL_MS,
  })
  const [poster, worker] = [identityOf('poster'), identityOf('worker')]
  return {
    poster: network.join(poster.agent, poster.sign),
    worker: network.join(worker.agent, worker.sign),
    arriveMs: 2_000,
    [Symbol.asyncDispose]: async () => {},
  }
}

dhtConformance('in memory', open, OPEN_MS)
