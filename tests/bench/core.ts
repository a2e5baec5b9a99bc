import { meshCore } from '../../host/mesh/core.ts'
import type { MeshInput } from '../../host/mesh/state/input.ts'
import { emptyState, type MeshState } from '../../host/mesh/state/state.ts'
import { Agenda } from '../../host/planning/agenda.ts'
import type { EntryOf, MeshEvent } from '../../host/types/events.ts'
import type { Peer } from '../../host/types/peer.ts'
import { defaultWorkConfig } from '../../host/work/context/config.ts'
import { cardOf, modelDigest } from '../harness/sim/card.ts'
import { close, grant, task } from '../tryorama/entries.ts'
import type { Say } from './bench.ts'
import { median, round, spread } from './compare.ts'
import { exponent, lastToFirst, type Point, slope, steps } from './fit.ts'

const SELF = 'poster'
const DNA = 'dna'
/** Machines that are there, and how long after each other things happen, in milliseconds. */
const PEERS = 8
const TICK_MS = 1
/** Tasks that stand open while closed ones grow, and cycles before any is counted. */
const OPEN = 100
const WARM_CYCLES = 50
/** When it all begins, in milliseconds since 1970. */
const BEGIN = 1_800_000_000_000

/** A daemon's decisions without its effects: what the plan begins is never done. */
class Decider {
  now = BEGIN
  readonly #agenda = new Agenda(meshCore.touches())
  readonly #peers: readonly Peer[]
  #state: MeshState
  #seq = 0

  constructor() {
    this.#state = emptyState(SELF, defaultWorkConfig)
    const models = [modelDigest]
    this.#peers = Array.from({ length: PEERS }, (_, index): Peer => {
      const agent = index === 0 ? SELF : `worker ${index}`
      const card = cardOf(agent, { name: agent, models: index === 0 ? [] : models })
      return { agent, card, presence: null, seenAt: this.now }
    })
    this.happens({ type: 'peers_seen', peers: this.#peers, at: this.now })
  }

  /** Takes in one input and plans what it touches, as the loop does. */
  happens(input: MeshInput): void {
    const before = this.#state
    this.#state = meshCore.apply(before, input)
    this.#agenda.changed(before, this.#state)
    for (;;) {
      const subjects = this.#agenda.take(this.#state, this.now)
      if (subjects.length === 0) break
      for (const subject of subjects) this.#plan(subject)
    }
  }

  #plan(subject: string): void {
    const { actions, wake } = meshCore.planOf(this.#state, subject, this.now)
    this.#agenda.wake(subject, wake)
    for (const { owner, verb, tries } of actions) {
      const before = this.#state
      this.#state = meshCore.apply(before, { type: 'begun', owner, verb, tries, at: this.now })
      this.#agenda.changed(before, this.#state)
    }
  }

  /** Own tasks that stay open because no machine can run them. */
  open(tasks: number): void {
    for (let i = 0; i < tasks; i += 1) this.#post(['nowhere'])
  }

  /** Own tasks that were cancelled. */
  closed(tasks: number): void {
    for (let i = 0; i < tasks; i += 1) {
      const about = this.#post(['nowhere'])
      this.#commit(`close of ${about}`, close(DNA, about, about))
    }
  }

  /** A task from post to close in five inputs: Task, claim, Grant, started, Close. */
  cycle(): void {
    const about = this.#post([])
    const worker = `worker ${1 + (this.#seq % (PEERS - 1))}`
    this.#hears(worker, { type: 'claim', task: about })
    const granted = this.#commit(`grant of ${about}`, grant(DNA, about, worker))
    this.#hears(worker, { type: 'started', task: about, attempt: 1 })
    this.#commit(`close of ${about}`, close(DNA, about, granted))
  }

  /** A beat of every machine. */
  beat(): void {
    const peers = this.#peers.map((peer) => ({ ...peer, seenAt: this.now }))
    this.happens({ type: 'peers_seen', peers, at: this.now })
  }

  #hears(from: string, message: Extract<MeshInput, { type: 'message_received' }>['message']): void {
    this.happens({ type: 'message_received', from, message, at: this.now })
  }

  #post(tags: string[]): string {
    const requirements = { cpu_cores: 0, memory_mib: 0, disk_mib: 0, gpu_count: 0, vram_mib: 0, tags }
    const work = { type: 'model', name: 'sim', digest: modelDigest } as const
    const deadlines_ms = { queue: 40_000_000, run: 600_000, total: 80_000_000 }
    const name = `task ${this.#seq}`
    const wish = { id: `key of ${name}`, requirements, work, deadlines_ms, created_at: this.now }
    return this.#commit(name, task(DNA, wish))
  }

  #commit(hash: string, entry: EntryOf<'Task' | 'Grant' | 'Close'>): string {
    this.#seq += 1
    this.now += TICK_MS
    const event: MeshEvent = { hash, author: SELF, seq: this.#seq, at: this.now, entry }
    this.happens({ type: 'committed', event, at: this.now })
    return hash
  }
}

const CYCLE_INPUTS = 5

/** Microseconds of one input, in each cycle; and of a round of beats. */
interface Cost {
  readonly at: number
  readonly decider: Decider
  readonly input: number[]
  readonly beat: number[]
}

/** Measures the cost of one input with a number of tasks open, and with as many closed. */
export async function measure({ n, to }: { n: number; to: number }, say: Say): Promise<object> {
  const cycles = Math.ceil(n / CYCLE_INPUTS)
  const places = steps(to, 100, 5)
  const open = places.map((at) => prepared(at, (decider) => decider.open(at)))
  const closed = places.map((at) =>
    prepared(at, (decider) => {
      decider.open(OPEN)
      decider.closed(at)
    }),
  )
  // All points take turns, so that a slow moment of the machine falls on each.
  for (let i = 0; i < cycles; i += 1) for (const point of [...open, ...closed]) cost(point)
  for (const { at, input, beat } of [...open, ...closed])
    say(`${at}: ${round(median(input))} us an input, ${round(median(beat))} us a beat`)
  return { unit: 'microseconds', by_open_tasks: curveOf(open), by_closed_tasks: curveOf(closed) }
}

function prepared(at: number, prepare: (decider: Decider) => void): Cost {
  const decider = new Decider()
  prepare(decider)
  for (let i = 0; i < WARM_CYCLES; i += 1) decider.cycle()
  return { at, decider, input: [], beat: [] }
}

function cost({ decider, input, beat }: Cost): void {
  input.push(micros(() => decider.cycle()) / CYCLE_INPUTS)
  beat.push(micros(() => decider.beat()))
}

function micros(act: () => void): number {
  const from = performance.now()
  act()
  return (performance.now() - from) * 1_000
}

function curveOf(costs: readonly Cost[]): object {
  const grown = (pick: (one: Cost) => readonly number[]) => {
    const points: Point[] = costs.map((one) => ({ at: one.at, sample: pick(one) }))
    return {
      points: points.map(({ at, sample }) => ({ at, ...spread(sample) })),
      last_to_first: lastToFirst(points),
      slope: slope(points),
      exponent: exponent(points),
    }
  }
  return { input: grown(({ input }) => input), beat: grown(({ beat }) => beat) }
}
