/** Runs the loop that turns inputs into effects. */
import { type RippleError, toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { AlarmClock } from '../types/clock.ts'
import type { Millis } from '../types/events.ts'
import { Agenda } from './agenda.ts'
import type { LoopInput, Paced, Planner, Subject } from './planner.ts'

/** The parts that the loop needs: time, the effects, and callbacks. */
export interface LoopNeeds<S, I, E extends Paced> {
  readonly planner: Planner<S, I, E>
  readonly clock: AlarmClock
  readonly signal: AbortSignal
  act(effect: E): Promise<void>
  /** Called after each input with the states before and after it. */
  changed(before: S, after: S, input: I | LoopInput): void
  /** Called when a subject was planned: something happened to it, or its time has come. */
  planned(state: S, subject: Subject): void
  /** Called when an effect failed; the plan tries it again. */
  failed(effect: E, error: RippleError): void
}

/** The switch of a loop, whatever it plans. */
export interface LoopSwitch {
  /** Begins to act. Until then inputs only change the state. */
  start(): void
  /** Stops beginning effects. */
  stop(): void
}

/**
 * The loop: it takes in inputs, plans the subjects that they touch, performs the effects, and takes in their outcome.
 * Its cost does not grow with the subjects that stand still.
 */
export class Loop<S, I, E extends Paced> implements LoopSwitch {
  readonly #needs: LoopNeeds<S, I, E>
  #state: S
  readonly #agenda: Agenda<S>
  #turning = false
  #going = false
  readonly #doing = new Set<Promise<void>>()
  #alarm: { readonly at: Millis; readonly off: () => void } | null = null

  constructor(state: S, needs: LoopNeeds<S, I, E>) {
    this.#state = state
    this.#needs = needs
    this.#agenda = new Agenda(needs.planner.touches())
  }

  get state(): S {
    return this.#state
  }

  /** Takes in an input. The plan is acted on soon after, once for all inputs that came together. */
  dispatch(input: I | LoopInput): void {
    this.#takeIn(input)
    if (!this.#going || this.#turning) return
    this.#turning = true
    queueMicrotask(() => this.#turn(this.#alarm?.at ?? null))
  }

  start(): void {
    this.#going = true
    this.#turn(null)
  }

  stop(): void {
    this.#going = false
    this.#disarm()
  }

  /** Resolves when no effect is under way any more. */
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
      // One alarm reports one sleep, even if another input came before it rang.
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
    const { actions, wake } = this.#needs.planner.planOf(this.#state, subject, now)
    this.#agenda.wake(subject, wake)
    for (const effect of actions) this.#begin(effect, now)
    this.#needs.planned(this.#state, subject)
  }

  #takeIn(input: I | LoopInput): void {
    const before = this.#state
    this.#apply(input)
    this.#needs.changed(before, this.#state, input)
  }

  #apply(input: I | LoopInput): void {
    const before = this.#state
    this.#state = this.#needs.planner.apply(before, input)
    this.#agenda.changed(before, this.#state)
  }

  #begin(effect: E, at: Millis): void {
    const { owner, verb, tries } = effect
    this.#apply({ type: 'begun', owner, verb, tries, at })
    const doing = this.#do(effect)
    this.#doing.add(doing)
    void doing.finally(() => this.#doing.delete(doing))
  }

  async #do(effect: E): Promise<void> {
    const { owner, verb, tries } = effect
    let ok = true
    try {
      // The effect runs after the whole plan was begun, so that it sees a state in which it is under way.
      await Promise.resolve()
      await this.#needs.act(effect)
    } catch (thrown) {
      ok = false
      if (!this.#needs.signal.aborted) this.#needs.failed(effect, toRippleError(thrown))
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
