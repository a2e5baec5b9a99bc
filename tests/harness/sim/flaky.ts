import type { Artifacts } from '../../../host/artifacts/port.ts'
import type { Dht } from '../../../host/dht/port.ts'
import type { Engine } from '../../../host/engine/port.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import type { Messages } from '../../../host/net/port.ts'
import type { Clock } from '../../../host/types/clock.ts'
import type { MeshEntry } from '../../../zomes-bindings/generated/resource-mesh.ts'
import type { Prng } from './random.ts'

/** How long a write is held up by a conductor that asks a peer which has died, in milliseconds. */
const heldMs = { min: 1_000, max: 8_000 }

/** The parts of a machine that a flaky DHT uses. */
export interface Silence {
  readonly clock: Clock
  readonly random: Prng
  /** Which life of its daemon this is: no conductor outlives its daemon, nor does a write that is still on its way in it. */
  life(): number
  probability(): number
  /** Told of each answer that did not come, and for how many milliseconds a write was held up. */
  note(forMs: number): void
}

/** A DHT that at times gives no answer; a write may then have happened or not, and some are only held up. */
export function silentDht(dht: Dht, { clock, random, life, probability, note }: Silence): Dht {
  const down = () => {
    note(0)
    return new RippleError('RIPPLE_DHT_UNAVAILABLE', { detail: 'no answer' })
  }
  const read = <T>(work: () => Promise<T>): Promise<T> =>
    random.chance(probability()) ? Promise.reject(down()) : work()
  const forever = new AbortController().signal
  const heldUp = async (entry: MeshEntry, forMs: number, signal: AbortSignal) => {
    const begun = life()
    await clock.sleep(forMs, signal)
    if (life() !== begun) throw down()
    return dht.commit(entry, signal)
  }
  return {
    ...dht,
    commit: async (entry, signal) => {
      const fails = random.chance(probability())
      if (fails && random.chance(0.2)) {
        const forMs = random.int(heldMs.min, heldMs.max)
        note(forMs)
        return heldUp(entry, forMs, signal)
      }
      if (fails && random.chance(0.5)) {
        // The daemon has given the call up, and it is written all the same, when nobody looks for it any more.
        if (random.chance(0.3)) heldUp(entry, random.int(1, 2_000), forever).catch(() => undefined)
        throw down()
      }
      const event = await dht.commit(entry, signal)
      if (fails) throw down()
      return event
    },
    ownEvents: (dna, after, signal) => read(() => dht.ownEvents(dna, after, signal)),
    get: (hash, signal) => read(() => dht.get(hash, signal)),
    results: (task, signal) => read(() => dht.results(task, signal)),
    closes: (task, signal) => read(() => dht.closes(task, signal)),
    fallbackTasks: (dna, page, signal) => read(() => dht.fallbackTasks(dna, page, signal)),
    eventsBy: (author, task, signal) => read(() => dht.eventsBy(author, task, signal)),
    holders: (hash, signal) => read(() => dht.holders(hash, signal)),
    signed: (hash, signal) => read(() => dht.signed(hash, signal)),
  }
}

/** An engine whose process dies at times, of which `note` is told. */
export function crashingEngine(
  engine: Engine,
  random: Prng,
  probability: () => number,
  note: () => void,
): Engine {
  return {
    ...engine,
    run: async (job, signal) => {
      const outcome = await engine.run(job, signal)
      if (!random.chance(probability())) return outcome
      note()
      throw new RippleError('RIPPLE_ENGINE_CRASHED', { detail: 'simulated' })
    },
  }
}

/** The ways in which a worker can lie about its output so that a check must find it. */
export const lies = ['wrong_digest', 'wrong_bytes', 'wrong_salt', 'withheld'] as const
/** A way of lying. */
export type Lie = (typeof lies)[number]

/** A worker's DHT that attests another digest than that of its output. */
export function lyingDht(dht: Dht, lie: Lie | null): Dht {
  if (lie !== 'wrong_digest') return dht
  return {
    ...dht,
    commit: (entry, signal) => {
      const wrong = entry.type === 'Result' && entry.output
      return dht.commit(wrong ? { ...entry, output: { ...wrong, digest: 'f'.repeat(64) } } : entry, signal)
    },
  }
}

/** A worker's store that pins other bytes, or none. */
export function lyingArtifacts(artifacts: Artifacts, lie: Lie | null): Artifacts {
  if (lie !== 'wrong_bytes' && lie !== 'withheld') return artifacts
  return {
    ...artifacts,
    add: async (bytes, signal) => {
      const cid = await artifacts.add(lie === 'wrong_bytes' ? bytes.map((byte) => byte ^ 1) : bytes, signal)
      if (lie === 'withheld') await artifacts.unpin(cid, signal)
      return cid
    },
  }
}

/** A worker's messages that give a salt that opens nothing. */
export function lyingMessages(messages: Messages, lie: Lie | null): Messages {
  if (lie !== 'wrong_salt') return messages
  return {
    ...messages,
    send: (to, message, signal) =>
      messages.send(
        to,
        message.type === 'result' ? { ...message, salt: new Uint8Array(32) } : message,
        signal,
      ),
  }
}
