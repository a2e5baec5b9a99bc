import { Loop } from '../../../../host/planning/loop.ts'
import type { RendezvousEffect } from '../../../../host/rendezvous/effect.ts'
import type { Hello, PeerId } from '../../../../host/rendezvous/hello.ts'
import type { RendezvousEvent } from '../../../../host/rendezvous/input.ts'
import { helloOf, newState, type RendezvousState } from '../../../../host/rendezvous/state.ts'
import type { AlarmClock } from '../../../../host/types/clock.ts'
import type { Millis } from '../../../../host/types/events.ts'
import { skewed } from '../clock.ts'
import type { RendezvousWorld } from './world.ts'

/** What does not change about a machine. */
export interface Machine {
  readonly id: PeerId
  /** Milliseconds by which its clock is wrong. */
  readonly skewMs: Millis
  /** Milliseconds that its bootstrap server takes to start. */
  readonly startMs: Millis
  /** Whether its bootstrap server never starts. */
  readonly isBroken: boolean
}

type Run = Loop<RendezvousState, RendezvousEvent, RendezvousEffect>

/** A machine of the simulation: the real planner on the real loop, and what an adapter does for it. */
export class Host {
  readonly machine: Machine
  readonly #world: RendezvousWorld
  /** The running daemon; null while it is off. */
  #run: { readonly loop: Run; readonly over: AbortController } | null = null
  /** What waits for the machine to wake; null while it is awake. */
  #waiting: (() => void)[] | null = null
  isServing = false
  /** Starts and stops of its server. */
  serverChanges = 0
  /** The machine to which the forwarder leads. */
  pointed: PeerId | null = null
  /** Hellos that this machine began to exchange. */
  greetings = 0

  constructor(world: RendezvousWorld, machine: Machine) {
    this.#world = world
    this.machine = machine
  }

  get id(): PeerId {
    return this.machine.id
  }

  get isOn(): boolean {
    return this.#run !== null
  }

  get isAwake(): boolean {
    return this.#waiting === null
  }

  /** Whether it answers other machines. */
  get isHere(): boolean {
    return this.isOn && this.isAwake
  }

  /** The present run of its daemon, to tell it from others; null while it is off. */
  get run(): object | null {
    return this.#run
  }

  start(): void {
    if (this.#run) return
    const over = new AbortController()
    const clock = this.#clock()
    const loop: Run = new Loop(newState(this.id, clock.now()), {
      planner: this.#world.planner,
      clock,
      signal: over.signal,
      act: (effect) => this.#act(effect),
      changed: () => {},
      planned: () => {},
      failed: () => {},
    })
    this.#run = { loop, over }
    loop.start()
  }

  /** Ends the daemon and its server at once. */
  stop(): void {
    this.#run?.over.abort()
    this.#run?.loop.stop()
    this.#run = null
    this.#waiting = null
    this.pointed = null
    this.#serve(false)
  }

  sleep(): void {
    this.#waiting ??= []
  }

  wake(): void {
    const waiting = this.#waiting
    this.#waiting = null
    for (const come of waiting ?? []) come()
  }

  /** Takes in an event at once or, if the machine sleeps, when it wakes. */
  take(event: (at: Millis) => RendezvousEvent): void {
    const run = this.#run
    this.#whenAwake(() => {
      if (run && run === this.#run) run.loop.dispatch(event(this.#clock().now()))
    })
  }

  /** Takes in a hello, and returns the answer. */
  answer(peer: PeerId, hello: Hello): Hello | null {
    if (!this.#run || !this.isAwake) return null
    const at = this.#clock().now()
    this.#run.loop.dispatch({ type: 'heard', peer, hello, isAnswer: false, at })
    return this.hello()
  }

  hello(): Hello | null {
    return this.#run && helloOf(this.#run.loop.state, this.#clock().now())
  }

  /** Lets the server end by itself, if it runs. */
  breakServer(): void {
    if (!this.isServing) return
    this.#serve(false)
    this.take((at) => ({ type: 'server_failed', at }))
  }

  async #act(effect: RendezvousEffect): Promise<void> {
    switch (effect.type) {
      case 'greet':
        this.greetings += 1
        return this.#world.greet(this, effect.peer)
      case 'point_at':
        this.pointed = effect.to
        return this.take((at) => ({ type: 'pointed', to: effect.to, at }))
      case 'stop_server':
        this.#serve(false)
        return this.take((at) => ({ type: 'server_stopped', at }))
      case 'start_server':
        return this.#startServer()
    }
  }

  async #startServer(): Promise<void> {
    const run = this.#run
    await new Promise<void>((resolve) => {
      this.#clock().after(this.machine.startMs, resolve)
    })
    if (!run || run !== this.#run) return
    if (this.machine.isBroken) return this.take((at) => ({ type: 'server_failed', at }))
    this.#serve(true)
    this.take((at) => ({ type: 'server_up', at }))
  }

  #serve(on: boolean): void {
    if (this.isServing === on) return
    this.isServing = on
    this.serverChanges += 1
  }

  /** The machine's clock: alarms that ring while it sleeps are heard when it wakes. */
  #clock(): AlarmClock {
    const clock = skewed(this.#world.clock, this.machine.skewMs)
    return {
      now: clock.now,
      sleep: clock.sleep,
      after: (ms, ring) => {
        let isOff = false
        const heard = () => {
          if (!isOff) ring()
        }
        const off = clock.after(ms, () => this.#whenAwake(heard))
        return () => {
          isOff = true
          off()
        }
      },
    }
  }

  #whenAwake(come: () => void): void {
    if (this.#waiting) this.#waiting.push(come)
    else come()
  }
}
