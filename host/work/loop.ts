/** Runs the loop that turns happenings into actions. */
import { type RippleError, toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Action } from '../mesh/actions.ts'
import { Agenda } from '../mesh/agenda.ts'
import type { MeshCore } from '../mesh/core.ts'
import type { Happening } from '../mesh/events.ts'
import type { MeshState } from '../mesh/state.ts'
import type { Subject } from '../mesh/subjects.ts'
import type { AlarmClock } from '../types/clock.ts'
import type { Millis } from '../types/events.ts'

/** The parts that the loop needs: time, the effects, and callbacks. */
export interface LoopNeeds {
  readonly core: MeshCore
  readonly clock: AlarmClock
  readonly signal: AbortSignal
  act(action: Action): Promise<void>
  /** Called after each happening with the states before and after it. */
  changed(before: MeshState, after: MeshState, happening: Happening): void
  /** Called when a subject was planned: something happened to it, or its time has come. */
  planned(state: MeshState, subject: Subject): void
  /** Called when an action failed; the plan tries it again. */
  failed(action: Action, error: RippleError): void
}

/**
 * The loop: it takes in happenings, plans the subjects that they touch, performs the actions, and takes in the outcome.
 * Its cost does not grow with the tasks that stand still.
 */
export class Loop {
  readonly #needs: LoopNeeds
  #state: MeshState
  readonly #agenda = new Agenda()
  #turning = false
  #going = false
  readonly #doing = new Set<Promise<void>>()
  #alarm: { readonly at: Millis; readonly off: () => void } | null = null

  constructor(state: MeshState, needs: LoopNeeds) {
    this.#state = state
    this.#needs = needs
  }

  get state(): MeshState {
    return this.#state
  }

  /** Takes in a happening. The plan is acted on soon after, once for all happenings that came together. */
  dispatch(happening: Happening): void {
    this.#takeIn(happening)
    if (!this.#going || this.#turning) return
    this.#turning = true
    queueMicrotask(() => this.#turn(this.#alarm?.at ?? null))
  }

  /** Begins to act. Until then happenings only change the state. */
  start(): void {
    this.#going = true
    this.#turn(null)
  }

  /** Stops beginning actions. */
  stop(): void {
    this.#going = false
    this.#disarm()
  }

  /** Resolves when no action is under way any more. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#doing)
  }

  /**
   * Plans every subject that is due. An alarm that was due long ago shows that this machine slept, or that the process
   * stood still.
   */
  #turn(due: Millis | null): void {
    this.#turning = false
    if (!this.#going || this.#needs.signal.aborted) return
    const now = this.#needs.clock.now()
    if (due !== null && now - due > limits.stood_still_ms) {
      // One alarm reports one sleep, even if another happening came before it rang.
      this.#disarm()
      this.#takeIn({ type: 'resumed', at: now })
    }
    for (;;) {
      const subjects = this.#agenda.take(this.#state, now)
      if (subjects.length === 0) break
      for (const subject of subjects) this.#plan(subject, now)
    }
    this.#arm(this.#agenda.next())
  }

  #plan(subject: Subject, now: Millis): void {
    const { actions, wake } = this.#needs.core.planOf(this.#state, subject, now)
    this.#agenda.wake(subject, wake)
    for (const action of actions) this.#begin(action, now)
    this.#needs.planned(this.#state, subject)
  }

  #takeIn(happening: Happening): void {
    const before = this.#state
    this.#apply(happening)
    this.#needs.changed(before, this.#state, happening)
  }

  #apply(happening: Happening): void {
    const before = this.#state
    this.#state = this.#needs.core.apply(before, happening)
    this.#agenda.changed(before, this.#state)
  }

  #begin(action: Action, at: Millis): void {
    const { owner, verb, tries } = action
    this.#apply({ type: 'begun', owner, verb, tries, at })
    const deed = this.#do(action)
    this.#doing.add(deed)
    void deed.finally(() => this.#doing.delete(deed))
  }

  async #do(action: Action): Promise<void> {
    const { owner, verb, tries } = action
    let ok = true
    try {
      // The action runs after the whole plan was begun, so that it sees a state in which it is under way.
      await Promise.resolve()
      await this.#needs.act(action)
    } catch (thrown) {
      ok = false
      if (!this.#needs.signal.aborted) this.#needs.failed(action, toRippleError(thrown))
    }
    this.dispatch({ type: 'ended', owner, verb, tries, ok })
  }

  #disarm(): void {
    this.#alarm?.off()
    this.#alarm = null
  }

  /** Sets the alarm, unless it will ring before that anyway. */
  #arm(wake: Millis | null): void {
    if (wake === null || (this.#alarm && this.#alarm.at <= wake)) return
    this.#alarm?.off()
    const { clock } = this.#needs
    const off = clock.after(Math.max(1, wake - clock.now()), () => {
      this.#alarm = null
      this.#turn(wake)
    })
    this.#alarm = { at: wake, off }
  }
}
