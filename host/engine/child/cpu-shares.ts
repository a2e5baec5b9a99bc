/** Parts the CPU time of the process among the runs that go on: while several do, each has used an equal share. */
export class CpuShares {
  readonly #read: () => number
  readonly #runs = new Set<{ ms: number }>()
  #last = 0

  /** `read` tells the CPU time of the process, in milliseconds. */
  constructor(read: () => number) {
    this.#read = read
  }

  /** Begins a run; what it gives ends the run and tells its share, in milliseconds. */
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
