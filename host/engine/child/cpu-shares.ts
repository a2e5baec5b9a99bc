/** Measures the CPU time of concurrent runs. */

/** Divides the CPU time of the process among the current runs: concurrent runs get equal shares. */
export class CpuShares {
  readonly #read: () => number
  readonly #runs = new Set<{ ms: number }>()
  #last = 0

  /** `read` returns the CPU time of the process, in milliseconds. */
  constructor(read: () => number) {
    this.#read = read
  }

  /** Begins a run. The returned function ends the run and returns its share, in milliseconds. */
  begin(): () => number {
    this.#part()
    const run = { ms: 0 }
    this.#runs.add(run)
    return () => {
      this.#part()
      this.#runs.delete(run)
      return run.ms
    }
  }

  #part(): void {
    const now = this.#read()
    for (const run of this.#runs) run.ms += (now - this.#last) / this.#runs.size
    this.#last = now
  }
}
