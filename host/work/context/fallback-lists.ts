/** Remembers how far the lists of fallback tasks were read. */
import type { BucketPage } from '../../../zomes-bindings/index.ts'
import { limits } from '../../limits.ts'
import type { ActionHash, DnaHash } from '../../types/events.ts'

/** The position in a list that is too long for one listing. */
interface Reading {
  readonly bucket: number
  readonly after: BucketPage['after']
  /** Whether a task was left for another time. */
  readonly left: boolean
}

/** Examined tasks, and positions in unfinished lists, from one listing to the next. */
export class FallbackLists {
  /** Tasks that were examined, oldest first; a forgotten task is examined again. */
  readonly #known = new Set<ActionHash>()
  readonly #readings = new Map<string, Reading>()

  /** Forgets the positions in lists of older buckets. */
  forgetBefore(bucket: number): void {
    for (const [key, reading] of this.#readings) if (reading.bucket < bucket) this.#readings.delete(key)
  }

  /** Whether a task was examined. */
  knows(task: ActionHash): boolean {
    return this.#known.has(task)
  }

  /** Remembers that a task was examined. */
  note(task: ActionHash): void {
    this.#known.add(task)
    for (const oldest of this.#known) {
      if (this.#known.size <= limits.standby_known_max) return
      this.#known.delete(oldest)
    }
  }

  /** Returns the position at which a list continues. */
  reading(dna: DnaHash, bucket: number): Reading {
    return this.#readings.get(`${dna} ${bucket}`) ?? { bucket, after: null, left: false }
  }

  /** Remembers the next position; null when the list was read to its end. */
  goOn(dna: DnaHash, bucket: number, reading: Reading | null): void {
    if (reading) this.#readings.set(`${dna} ${bucket}`, reading)
    else this.#readings.delete(`${dna} ${bucket}`)
  }
}
