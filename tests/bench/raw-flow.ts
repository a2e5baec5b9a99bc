import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../harness/until.ts'
import { close, grant, result } from '../tryorama/entries.ts'
import { timed } from './compare.ts'
import { rawTask } from './entries.ts'
import type { RawAgent } from './raw-agent.ts'

/** How often the other side is asked whether something has arrived, and for how long, in milliseconds. */
const POLL_MS = 5
const LAG_MS_MAX = 120_000
/** After how long a remote signal counts as lost, in milliseconds. */
const SIGNAL_MS_MAX = 5_000
/** Length of a short message of the protocol, in bytes. */
const MESSAGE_BYTES = 256

/** One way of a remote signal, in milliseconds; null for one that was lost. */
export async function signalOneWay(from: RawAgent, to: RawAgent): Promise<number | null> {
  const heard = to.beaten(from.agent, SIGNAL_MS_MAX)
  const sent = performance.now()
  await from.beat(to.agent)
  const at = await heard
  return at === null ? null : at - sent
}

/** Resolves when two agents reach each other, which takes a while after they were made. */
export async function meet(one: RawAgent, other: RawAgent): Promise<void> {
  const hear = async () =>
    (await signalOneWay(one, other)) !== null && (await signalOneWay(other, one)) !== null
  await until('the agents beside the daemons reach each other', hear)
  await insist(() => callRemote(one, other))
  await insist(() => callRemote(other, one))
}

/** From a write until the link that it makes is found at the other side, in milliseconds. */
export async function dhtLag(from: RawAgent, to: RawAgent): Promise<number> {
  const about = await from.commit(rawTask(from.dnaHash))
  await from.commit(close(from.dnaHash, about, about))
  const written = performance.now()
  while ((await to.call<unknown[]>('task_closes', about)).length === 0) {
    if (performance.now() - written > LAG_MS_MAX) throw new TypeError('a write never arrived')
    await sleep(POLL_MS)
  }
  return performance.now() - written
}

/** One call of another agent and its answer. */
export async function callRemote(from: RawAgent, to: RawAgent): Promise<void> {
  await from.call('pass_on', { to: to.agent, bytes: new Uint8Array(MESSAGE_BYTES) })
}

/** A remote call and a Grant, in milliseconds: what a claim is made of. */
export async function rawClaim(poster: RawAgent, worker: RawAgent): Promise<number> {
  const about = await poster.commit(rawTask(poster.dnaHash))
  const [ms, granted] = await timed(async () => {
    await callRemote(poster, worker)
    return poster.commit(grant(poster.dnaHash, about, worker.agent))
  })
  await poster.commit(close(poster.dnaHash, about, granted))
  return ms
}

/** The times of a raw task, in milliseconds. */
export interface RawFlow {
  /** All of it. */
  readonly all: number
  /**
   * The sum of what its stages rest on, with no waiting between them: four writes, one remote call for the claim, and one
   * way of a signal each for the Task and for the Result. Null where such a signal was lost.
   */
  readonly floors: number | null
}

/**
 * The steps of a task straight to the conductors, one after the other: four writes and four remote calls (offer and
 * claim, grant and request, payload, result and key). The payload is fetched and the output is checked by nobody.
 */
export async function rawFlow(poster: RawAgent, worker: RawAgent): Promise<RawFlow> {
  const { dnaHash: dna } = poster
  const from = performance.now()
  const [posted, about] = await timed(() => poster.commit(rawTask(dna)))
  const [claiming] = await timed(() => callRemote(poster, worker))
  const [granting, granted] = await timed(() => poster.commit(grant(dna, about, worker.agent)))
  await callRemote(poster, worker)
  await callRemote(worker, poster)
  const [answering, given] = await insist(() => timed(() => worker.commit(result(dna, about, granted))))
  await callRemote(worker, poster)
  const [closing] = await insist(() => timed(() => poster.commit(close(dna, about, granted, given))))
  const all = performance.now() - from
  const [there, back] = [await signalOneWay(poster, worker), await signalOneWay(worker, poster)]
  const lost = there === null || back === null
  return { all, floors: lost ? null : posted + there + claiming + granting + answering + back + closing }
}

/** Writes or calls again until what the entry rests on has arrived from the other side. */
export async function insist<T>(write: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + LAG_MS_MAX
  for (;;) {
    try {
      return await write()
    } catch (thrown) {
      if (performance.now() > deadline) throw thrown
      await sleep(POLL_MS)
    }
  }
}
