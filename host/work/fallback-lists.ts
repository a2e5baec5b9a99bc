import type { BucketPage } from '../../zomes-bindings/index.ts'
import { limits } from '../limits.ts'
import type { ActionHash, DnaHash } from '../types/events.ts'

/** How far the reading of a list has come that is too long for one time. */
interface Reading {
  readonly bucket: number
  readonly after: BucketPage['after']
  /** Whether a task was left for another time. */
  readonly left: boolean
}

/** What is remembered of the lists from one time to the next. */
export class FallbackLists {
  /** Tasks that were looked into, oldest first; one that is forgotten is looked into again. */
  readonly #known = new Set<ActionHash>()
  readonly #readings = new Map<string, Reading>()

  /** Forgets how far lists were read that are not read any more. */
  forgetBefore(bucket: number): void {
    for (const [key, reading] of this.#readings) if (reading.bucket < bucket) this.#readings.delete(key)
  }

  /** Whether a task was looked into. */
  knows(task: ActionHash): boolean {
    return this.#known.has(task)
  }

  /** Remembers that a task was looked into. */
  note(task: ActionHash): void {
    this.#known.add(task)
    for (const oldest of this.#known) {
      if (this.#known.size <= limits.standby_known_max) return
      this.#known.delete(oldest)
    }
  }

  /** Where the reading of a list goes on. */
  reading(dna: DnaHash, bucket: number): Reading {
    return this.#readings.get(`${dna} ${bucket}`) ?? { bucket, after: null, left: false }
  }

  /** Remembers where to go on; null when the list was read to its end. */
  goOn(dna: DnaHash, bucket: number, reading: Reading | null): void {
    if (reading) this.#readings.set(`${dna} ${bucket}`, reading)
    else this.#readings.delete(`${dna} ${bucket}`)
  }
}
