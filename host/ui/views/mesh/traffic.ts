/** Follows tasks between machines, from the events of the daemon. */
import { mapLimits } from '../../../limits/map.ts'
import type { StreamEvent } from '../../../telemetry/catalogue.ts'

/** A task, or its answer, on its way from one machine to another. */
export interface Trip {
  readonly from: string
  readonly to: string
  readonly what: 'task' | 'answer'
  /** Milliseconds of the page's clock for frames. */
  readonly startsAt: number
}

/** A step of a task that a person can read. */
export interface Step {
  readonly task: string
  /** The key of the task; null for a run for another machine. */
  readonly key: string | null
  /** The machine at the other end. */
  readonly agent: string
  readonly what: 'sent' | 'here' | 'answered' | 'lost' | 'ran'
  /** Milliseconds since 1970, by the daemon's clock. */
  readonly at: number
}

/** An open task as a list has it. */
interface Listed {
  readonly task: string
  readonly state: string
  readonly worker: string | null
}

type TaskStep = Extract<StreamEvent, { type: 'task_state' }>

/** The places of tasks: own ones at other machines, and runs for others at this one. */
export class Traffic {
  readonly #self: string
  /** The machine that has each own task. */
  readonly #places = new Map<string, string>()
  /** The tasks of other machines that this one runs. */
  readonly #runs = new Set<string>()
  #trips: Trip[] = []
  #steps: readonly Step[] = []

  constructor(self: string) {
    this.#self = self
  }

  /** The last steps, newest first. */
  get steps(): readonly Step[] {
    return this.#steps
  }

  /** Takes the open tasks of a list in place of those from events. */
  place(tasks: readonly Listed[]): void {
    this.#places.clear()
    for (const { task, state, worker } of tasks)
      if (worker !== null && isAtWorker(state)) this.#places.set(task, worker)
  }

  /** Takes an event. `now` is the time of a frame; without it nothing moves. */
  hear(event: StreamEvent, now: number | null): void {
    if (event.type === 'task_state') this.#step(event, now)
    else if (event.type === 'run_started' && !this.#places.has(event.task)) {
      this.#runs.add(event.task)
      this.#note({ ...{ task: event.task, key: null, agent: this.#self }, what: 'ran', at: event.at })
    } else if (event.type === 'run_ended') this.#runs.delete(event.task)
  }

  /** Returns the trips that are under way at a time, and forgets those that have ended. */
  moving(now: number): readonly Trip[] {
    if (this.#trips.some(({ startsAt }) => now - startsAt >= mapLimits.map_trip_ms))
      this.#trips = this.#trips.filter(({ startsAt }) => now - startsAt < mapLimits.map_trip_ms)
    return this.#trips
  }

  /** Counts the tasks at each machine. */
  counts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const agent of this.#places.values()) counts.set(agent, (counts.get(agent) ?? 0) + 1)
    if (this.#runs.size > 0) counts.set(this.#self, (counts.get(this.#self) ?? 0) + this.#runs.size)
    return counts
  }

  #step({ task, task_key: key, state, peer, at }: TaskStep, now: number | null): void {
    const before = this.#places.get(task) ?? null
    this.#runs.delete(task)
    const note = (agent: string, what: Step['what']): void => this.#note({ task, key, agent, what, at })
    if (peer !== null && isAtWorker(state)) {
      if (before === peer) return
      this.#places.set(task, peer)
      note(peer, peer === this.#self ? 'here' : 'sent')
      this.#go(this.#self, peer, 'task', now)
      return
    }
    this.#places.delete(task)
    if (before === null) return
    const isAnswer = state === 'delivered' || state === 'accepted'
    note(before, isAnswer ? 'answered' : 'lost')
    if (isAnswer) this.#go(before, this.#self, 'answer', now)
  }

  #go(from: string, to: string, what: Trip['what'], now: number | null): void {
    if (now === null || from === to) return
    this.#trips.push({ from, to, what, startsAt: now })
    if (this.#trips.length > mapLimits.map_trips_max) this.#trips.shift()
  }

  #note(step: Step): void {
    this.#steps = [step, ...this.#steps.slice(0, mapLimits.map_steps_max - 1)]
  }
}

function isAtWorker(state: string): boolean {
  return state === 'granted' || state === 'running'
}
