/** Measures the speed of a download over its last seconds. */

/** Milliseconds that are averaged, the least of them that give a figure, and the least between two samples. */
const SPAN_MS = 10_000
const LEAST_MS = 1_000
const SAMPLE_MS = 250

/** The speed of one download. */
export class Speed {
  #samples: Array<{ readonly bytes: number; readonly at: number }> = []

  /** Notes the bytes that are here at a moment. Another source begins a new measurement. */
  came(bytes: number, at: number, isNewSource: boolean): void {
    const last = this.#samples.at(-1)
    if (isNewSource || last === undefined || bytes < last.bytes) this.#samples = [{ bytes, at }]
    else if (at - last.at >= SAMPLE_MS)
      this.#samples = [...this.#samples.filter((one) => at - one.at <= SPAN_MS), { bytes, at }]
  }

  /** Returns the bytes a second; null while they are not known. */
  at(now: number): number | null {
    const last = this.#samples.at(-1)
    const first = this.#samples.find(({ at }) => now - at <= SPAN_MS) ?? last
    if (first === undefined || last === undefined || now - first.at < LEAST_MS) return null
    return Math.round((1_000 * (last.bytes - first.bytes)) / (now - first.at))
  }
}
