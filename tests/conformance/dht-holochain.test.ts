import { conductorNetwork } from '../harness/conductors.ts'
import { WARM_MS } from '../harness/warm-data.ts'
import { type DhtPair, dhtConformance } from './dht.ts'

/** Two conductors on one bootstrap server. */
async function open(): Promise<DhtPair> {
  const stack = new AsyncDisposableStack()
  const network = stack.use(await conductorNetwork('conformance'))
  const poster = stack.use(await network.open('poster'))
  const worker = stack.use(await network.open('worker'))
  return {
    poster: poster.dht,
    worker: worker.dht,
    arriveMs: 60_000,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

dhtConformance('two conductors', open, WARM_MS)
