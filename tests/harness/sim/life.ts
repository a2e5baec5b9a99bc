/** One run of a daemon, that can be killed at any await of what it uses. */
export class Life {
  #steps = 0
  #dead = false
  #asleep: PromiseWithResolvers<void> | null = null
  #killAt: number | null
  readonly #onKill: () => void

  /** `killAt` counts the awaits before the kill; null lets it live. */
  constructor(killAt: number | null, onKill: () => void) {
    this.#killAt = killAt
    this.#onKill = onKill
  }

  /** Awaits so far. */
  get steps(): number {
    return this.#steps
  }

  get dead(): boolean {
    return this.#dead
  }

  get asleep(): boolean {
    return this.#asleep !== null
  }

  /** Stands still, as on a machine that sleeps: nothing that it waits for comes back until it wakes. */
  doze(): void {
    this.#asleep ??= Promise.withResolvers()
  }

  wake(): void {
    this.#asleep?.resolve()
    this.#asleep = null
  }

  /** Does something that has come, now or when it is awake. */
  whenAwake(come: () => void): void {
    if (this.#asleep) void this.#asleep.promise.then(come)
    else come()
  }

  /** Takes the kill back that is still to come. */
  spare(): void {
    this.#killAt = null
  }

  /** Ends it now, as `kill -9` does: nothing that it waits for ever comes back. */
  kill(): void {
    if (this.#dead) return
    this.#dead = true
    this.#onKill()
  }

  /**
   * The same object, with a point before and after each asynchronous call at which the daemon may die: before, the
   * call has no effect; after, it had its effect and nobody learns of it.
   */
  guard<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (object, name) => {
        const value: unknown = Reflect.get(object, name)
        if (typeof value !== 'function') return value
        if (!isAsync(name)) return (...args: unknown[]) => Reflect.apply(value, object, args)
        return (...args: unknown[]) => this.#awaited(value, object, args)
      },
    })
  }

  async #awaited(call: CallableFunction, object: object, args: unknown[]): Promise<unknown> {
    if (this.#asleep) await this.#asleep.promise
    if (this.#step()) return never()
    try {
      const value: unknown = await Reflect.apply(call, object, args)
      if (this.#asleep) await this.#asleep.promise
      return this.#step() ? never() : value
    } catch (thrown) {
      if (this.#asleep) await this.#asleep.promise
      if (this.#step()) return never()
      throw thrown
    }
  }

  #step(): boolean {
    this.#steps += 1
    if (this.#steps === this.#killAt) this.kill()
    return this.#dead
  }
}

/** Members of the ports that answer at once. */
const sync = new Set<string | symbol>([
  'now',
  'after',
  'bytes',
  'models',
  'loaded',
  'onMessage',
  'stream',
  Symbol.asyncDispose,
])

function isAsync(name: string | symbol): boolean {
  return !sync.has(name)
}

function never(): Promise<never> {
  return new Promise(() => undefined)
}
