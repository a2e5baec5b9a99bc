import type { ConductorHandle } from '../../host/dht/session/open-conductor.ts'
import { conductorNetwork } from '../harness/conductors.ts'
import { until } from '../harness/until.ts'
import { WARM_MS } from '../harness/warm-data.ts'
import { type DhtPair, dhtConformance } from './dht.ts'

const signal = new AbortController().signal

/** Two conductors on one bootstrap server that have met: what is written reaches the other at once. */
async function open(): Promise<DhtPair> {
  const stack = new AsyncDisposableStack()
  const network = stack.use(await conductorNetwork('conformance'))
  const poster = stack.use(await network.open('poster'))
  const worker = stack.use(await network.open('worker'))
  await until('the poster reaches the worker', () => reaches(poster, worker))
  await until('the worker reaches the poster', () => reaches(worker, poster))
  return {
    poster: poster.dht,
    worker: worker.dht,
    arriveMs: 60_000,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function reaches(from: ConductorHandle, to: ConductorHandle): Promise<boolean> {
  const passed = from.passOn(to.agent, new Uint8Array([0]), signal)
  return passed.then(
    () => true,
    () => false,
  )
}

dhtConformance('two conductors', open, WARM_MS)
