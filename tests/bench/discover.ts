import { compare, inTurns } from './compare.ts'
import { openPair } from './pair.ts'
import { dhtLag, signalOneWay } from './raw-flow.ts'

/**
 * Measures from when a Task stands until the worker's daemon has it, compared with one way of a remote signal, and
 * with the time in which the DHT itself brings a link to the other side.
 */
export async function measure({ n }: { n: number }): Promise<object> {
  await using pair = await openPair()
  const { poster, worker } = pair.raw
  const [arrive, signal, lag]: [number[], number[], number[]] = [[], [], []]
  await inTurns(
    n,
    async () => void arrive.push((await pair.flow()).arrive),
    async () => {
      const ms = await signalOneWay(poster, worker)
      if (ms !== null) signal.push(ms)
      lag.push(await dhtLag(poster, worker))
    },
  )
  return {
    beside_signal_ms: compare(arrive, signal),
    beside_dht_lag_ms: compare(arrive, lag),
    signals_lost: n - signal.length,
    chain_length: await pair.lengths(),
  }
}
