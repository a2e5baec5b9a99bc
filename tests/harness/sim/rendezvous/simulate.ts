import { rendezvousLimits } from '../../../../host/limits/rendezvous.ts'
import { rendezvousPlanner } from '../../../../host/rendezvous/planner.ts'
import type { Millis } from '../../../../host/types/events.ts'
import { Prng } from '../random.ts'
import { wrongs } from './check.ts'
import type { Host } from './host.ts'
import { RendezvousWorld } from './world.ts'

/** A simulation: its machines, and the planner, which a test may replace by a faulty one. */
export interface Scale {
  readonly hosts: number
  readonly planner?: typeof rendezvousPlanner
}

/** The end of a simulation. */
export interface RendezvousOutcome {
  readonly seed: number
  readonly hosts: number
  readonly violations: readonly string[]
  readonly simulated_ms: Millis
  readonly messages: number
  /** Milliseconds from the last fault until every group had one server. */
  readonly healedMs: Millis
  /** How the last server died, if there was one, and the milliseconds until the others agreed on the next. */
  readonly death: Fault | null
  readonly takenOverMs: Millis
}

/** The faults of a machine, and a cut through the network. */
const faults = ['crash', 'power', 'sleep', 'cable', 'server', 'partition'] as const
type Fault = (typeof faults)[number]

/** The most faults of a simulation before it rests. */
const faultsMax = 20
/** How long the parts of a simulation last, and between two looks at it, in milliseconds. */
const times = {
  chaos: 90_000,
  rest: 30_000,
  look: 100,
  steady: 5_000,
  watch: 10_000,
  night: 8 * 3_600_000,
  nap: 25 * 60_000,
}
/** The delay of wires, in milliseconds, from which on they are slow. */
const slowMs = 500
/** The most milliseconds until each group has one server again: large meshes with few wires have long ways. */
const healMs = (hosts: number) => (hosts <= 25 ? 30_000 : 60_000)
/** The most hellos that a machine begins within `watch`: some, and more for each other machine. */
const greetingsMax = (hosts: number) => 20 + 10 * hosts

/** Runs one seed: faults, rest, newcomers, the death of a server, and its return. */
export async function simulateRendezvous(seed: number, scale: Scale): Promise<RendezvousOutcome> {
  const scene = new Scene(new Prng(seed), scale)
  return { seed, ...(await scene.run()) }
}

class Scene {
  readonly #random: Prng
  readonly #world: RendezvousWorld
  readonly #violations: string[] = []
  /** Whether each machine has wires to all others. */
  readonly #isFull: boolean
  readonly #skewMaxMs: Millis
  #named = 0

  constructor(random: Prng, { hosts, planner }: Scale) {
    this.#random = random
    const wires = {
      loss: random.chance(0.5) ? random.pick([0.02, 0.1, 0.3]) : 0,
      delayMaxMs: random.pick([5, 50, 500]),
    }
    this.#world = new RendezvousWorld(random.fork(), wires, planner ?? rendezvousPlanner)
    this.#isFull = random.chance(0.6)
    this.#skewMaxMs = random.chance(0.5) ? 600_000 : 0
    for (let i = 0; i < hosts; i++) this.#add()
  }

  async run(): Promise<Omit<RendezvousOutcome, 'seed'>> {
    const world = this.#world
    this.#watch()
    await this.#chaos()
    const healedMs = await this.#settle('after the faults')
    await this.#rest()
    await this.#newcomers()
    const { death, takenOverMs } = await this.#death()
    for (const host of world.hosts.values()) host.stop()
    return {
      hosts: world.hosts.size,
      violations: this.#violations,
      simulated_ms: world.now,
      messages: world.messages,
      healedMs,
      death,
      takenOverMs,
    }
  }

  /** Adds a machine, wired to all others or to some of them, so that all have a way to each other. */
  #add(): Host {
    const random = this.#random
    const others = [...this.#world.hosts.keys()]
    const wired = new Set(
      this.#isFull ? others : others.filter(() => random.chance(1.5 / (others.length + 1))),
    )
    if (others.length > 0 && wired.size === 0) wired.add(random.pick(others))
    const machine = {
      id: `${String.fromCharCode(97 + random.int(0, 25))}${this.#named++}`,
      skewMs: random.int(-this.#skewMaxMs, this.#skewMaxMs),
      startMs: random.int(50, 1_500),
      isBroken: random.chance(0.1),
    }
    return this.#world.add(machine, wired)
  }

  /** Turns all machines on, lets faults happen, and undoes them. Some machines stay off. */
  async #chaos(): Promise<void> {
    const random = this.#random
    const world = this.#world
    const hosts = [...world.hosts.values()]
    const withinMs = random.pick([1_000, 20_000])
    for (const host of hosts) world.clock.after(random.int(0, withinMs), () => world.turnOn(host))
    for (let i = random.int(0, Math.min(faultsMax, 2 + hosts.length / 2)); i > 0; i--) {
      const at = random.int(0, times.chaos - 1_000)
      const ms = random.int(500, times.chaos - at)
      const [fault, host] = [random.pick(faults), random.pick(hosts)]
      world.clock.after(at, () => this.#fault(fault, host, ms))
    }
    await this.#pass(times.chaos)
    world.cut(new Set())
    for (const host of hosts) {
      world.plug(host)
      host.wake()
      if (random.chance(0.7)) world.turnOn(host)
    }
    world.wires = { ...world.wires, loss: 0 }
  }

  #fault(fault: Fault, host: Host, ms: Millis): void {
    const world = this.#world
    const after = (later: () => void) => world.clock.after(ms, later)
    // The ends of connections may notice that the other is out of reach, or that it is not long gone.
    if (this.#random.chance(0.5)) world.clock.after(ms / 2, () => world.giveUp())
    switch (fault) {
      case 'crash':
      case 'power':
        world.turnOff(host, fault === 'power')
        after(() => world.turnOn(host))
        return
      case 'sleep':
        host.sleep()
        after(() => host.wake())
        return
      case 'cable':
        world.unplug(host)
        after(() => world.plug(host))
        return
      case 'server':
        host.breakServer()
        return
      case 'partition':
        world.cut(new Set([...world.hosts.keys()].filter(() => this.#random.chance(0.5))))
        after(() => world.cut(new Set()))
    }
  }

  /** Waits until every group has one server and keeps it for a while; returns how long it took to come so far. */
  async #settle(when: string): Promise<Millis> {
    const from = this.#world.now
    let since = from
    while (this.#world.now - since < times.steady && since - from < healMs(this.#world.hosts.size)) {
      await this.#pass(times.look)
      if (wrongs(this.#world).length > 0) since = this.#world.now
    }
    this.#hold(when)
    return since - from
  }

  /** Lets nothing happen: then no server changes, and each machine greets one other, and those that are off. */
  async #rest(): Promise<void> {
    await this.#pass(times.rest)
    const hosts = [...this.#world.hosts.values()]
    const before = new Map(hosts.map((host) => [host, host.greetings]))
    await this.#still('at rest', () => this.#pass(times.rest))
    const off = hosts.filter(({ isOn }) => !isOn).length
    for (const host of hosts) {
      const greetings = host.greetings - (before.get(host) ?? 0)
      if (greetings > times.rest / rendezvousLimits.hello_every_ms + 1 + off)
        this.#violations.push(`${host.id} greeted ${greetings} times at rest`)
    }
  }

  /** Lets machines come, and one go that does not serve: the server stays. */
  async #newcomers(): Promise<void> {
    const random = this.#random
    await this.#still('with newcomers', async () => {
      const leaver = random.pick([...this.#world.hosts.values()])
      if (this.#isFull && leaver.isOn && !leaver.isServing) this.#world.turnOff(leaver, random.chance(0.5))
      for (let i = random.int(1, 2); i > 0; i--) this.#world.turnOn(this.#add())
      await this.#pass(times.rest)
    })
  }

  /**
   * Ends the server of the largest group, and lets it return. It gives way, unless a part of its group has no other way to
   * the rest: that part may use it first.
   */
  async #death(): Promise<{ death: Fault | null; takenOverMs: Millis }> {
    const random = this.#random
    const [largest = []] = this.#world.groups().sort((a, b) => b.length - a.length)
    const server = largest.find(({ isServing }) => isServing)
    if (!server) return { death: null, takenOverMs: 0 }
    const death = random.pick(['crash', 'power', 'sleep', 'cable', 'server'] as const)
    const isLong = largest.length <= 20 && random.chance(0.02)
    const awayMs = isLong ? random.pick([times.nap, times.nap, times.night]) : random.int(40_000, 90_000)
    this.#fault(death, server, awayMs)
    const takenOverMs = await this.#settle(`after the server's ${death}`)
    const heirs = [...this.#world.hosts.values()].filter(({ isServing, isAwake }) => isServing && isAwake)
    const parts = this.#world.groups().filter((group) => group.some((host) => largest.includes(host)))
    await this.#pass(awayMs - takenOverMs - times.steady)
    await this.#settle(`after the return from ${death}`)
    const mustStay = death !== 'cable' && heirs.length === 1 && parts.length === 1
    if (mustStay && !heirs[0]?.isServing)
      this.#violations.push(`the heir did not stay after the return from ${death}`)
    return { death, takenOverMs }
  }

  /** Does something that gives no server a cause to change. */
  async #still(when: string, act: () => Promise<void>): Promise<void> {
    const { hosts, wires } = this.#world
    const before = new Map([...hosts.values()].map((host) => [host, host.serverChanges]))
    await act()
    let changes = 0
    for (const host of hosts.values()) {
      // On slow wires a newcomer may serve before it hears of the server.
      if (before.has(host) || wires.delayMaxMs < slowMs)
        changes += host.serverChanges - (before.get(host) ?? 0)
    }
    if (changes > 0) this.#violations.push(`${changes} changes of servers ${when}`)
    this.#hold(when)
  }

  #hold(when: string): void {
    this.#violations.push(...wrongs(this.#world).map((wrong) => `${when}: ${wrong}`))
  }

  /** Counts the hellos that each machine begins, from now on. */
  #watch(): void {
    const { clock, hosts } = this.#world
    const before = new Map<Host, number>()
    const look = () => {
      for (const host of hosts.values()) {
        const greetings = host.greetings - (before.get(host) ?? 0)
        if (greetings > greetingsMax(hosts.size))
          this.#violations.push(`${host.id} greeted ${greetings} times within ${times.watch} ms`)
        before.set(host, host.greetings)
      }
      clock.after(times.watch, look)
    }
    clock.after(times.watch, look)
  }

  async #pass(ms: Millis): Promise<void> {
    let isOver = false
    this.#world.clock.after(ms, () => {
      isOver = true
    })
    await this.#world.clock.run(this.#world.clock.now() + ms, () => isOver)
  }
}
