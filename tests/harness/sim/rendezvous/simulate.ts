import type { Millis } from '../../../../host/types/events.ts'
import { Prng } from '../random.ts'
import { wrongs } from './check.ts'
import type { Host } from './host.ts'
import { RendezvousWorld } from './world.ts'

/** The size of a simulation. */
export interface Scale {
  readonly hosts: number
}

/** The end of a simulation. */
export interface RendezvousOutcome {
  readonly seed: number
  readonly hosts: number
  readonly violations: readonly string[]
  readonly simulated_ms: Millis
  readonly messages: number
  /** Milliseconds from the last fault until every group had one server, from a server's death until the next was found. */
  readonly healedMs: Millis
  readonly takenOverMs: Millis
}

/** When the parts of a simulation end, and the bounds that it is held to, in milliseconds. */
const times = { chaosEnd: 90_000, healed: 60_000, quiet: 30_000, takeover: 30_000, look: 100 }

/** Runs one seed: faults, then rest, newcomers, and the death of a server. */
export async function simulateRendezvous(seed: number, { hosts }: Scale): Promise<RendezvousOutcome> {
  const random = new Prng(seed)
  const scene = new Scene(random, hosts)
  return scene.run(seed)
}

class Scene {
  readonly #random: Prng
  readonly #world: RendezvousWorld
  readonly #violations: string[] = []
  readonly #isFull: boolean
  readonly #skewMaxMs: Millis
  #names = 0

  constructor(random: Prng, count: number) {
    this.#random = random
    const wires = {
      loss: random.chance(0.5) ? random.pick([0.02, 0.1, 0.3]) : 0,
      delayMaxMs: random.pick([5, 50, 500]),
    }
    this.#world = new RendezvousWorld(random.fork(), wires)
    this.#isFull = random.chance(0.6)
    this.#skewMaxMs = random.chance(0.5) ? 600_000 : 0
    for (let i = 0; i < count; i++) this.#add()
  }

  async run(seed: number): Promise<RendezvousOutcome> {
    const world = this.#world
    await this.#chaos()
    const healedMs = await this.#settle('after the faults', times.healed)
    await this.#rest()
    await this.#newcomers()
    const takenOverMs = await this.#takeover()
    for (const host of world.hosts.values()) host.stop()
    return {
      seed,
      hosts: world.hosts.size,
      violations: this.#violations,
      simulated_ms: world.now,
      messages: world.messages,
      healedMs,
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
    const name = `${String.fromCharCode(97 + random.int(0, 25))}${this.#names++}`
    const machine = {
      id: name,
      skewMs: random.int(-this.#skewMaxMs, this.#skewMaxMs),
      startMs: random.int(50, 1_500),
      isBroken: random.chance(0.1),
    }
    return this.#world.add(machine, wired)
  }

  async #chaos(): Promise<void> {
    const random = this.#random
    const world = this.#world
    const hosts = [...world.hosts.values()]
    const withinMs = random.pick([1_000, 20_000])
    for (const host of hosts) world.clock.after(random.int(0, withinMs), () => world.turnOn(host))
    const faults = random.int(0, 2 + hosts.length / 2)
    for (let i = 0; i < faults; i++) {
      const at = random.int(0, times.chaosEnd - 1_000)
      const ms = random.int(500, Math.min(60_000, times.chaosEnd - at))
      const host = random.pick(hosts)
      const kind = random.pick(faultKinds)
      world.clock.after(at, () => this.#fault(kind, host, ms))
    }
    await this.#pass(times.chaosEnd)
    world.cut(new Set())
    for (const host of hosts) {
      world.plug(host)
      host.wake()
      if (!host.isOn && random.chance(0.7)) world.turnOn(host)
    }
    world.wires = { ...world.wires, loss: 0 }
  }

  #fault(kind: (typeof faultKinds)[number], host: Host, ms: Millis): void {
    const world = this.#world
    const after = (later: () => void) => world.clock.after(ms, later)
    switch (kind) {
      case 'crash':
      case 'power':
        world.turnOff(host, kind === 'power')
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
        if (this.#random.chance(0.5)) world.clock.after(ms / 2, () => world.giveUp())
        after(() => world.cut(new Set()))
    }
  }

  /** Waits until every group has one server; returns how long that took. */
  async #settle(when: string, withinMs: Millis): Promise<Millis> {
    const from = this.#world.now
    while (this.#world.now - from < withinMs && wrongs(this.#world).length > 0) await this.#pass(times.look)
    this.#hold(when)
    return this.#world.now - from
  }

  /** Lets nothing happen: then nothing changes, and each machine greets one other. */
  async #rest(): Promise<void> {
    await this.#pass(times.quiet)
    const hosts = [...this.#world.hosts.values()]
    const before = new Map(hosts.map((host) => [host, host.greetings]))
    await this.#still('at rest', () => this.#pass(times.quiet))
    const off = hosts.filter(({ isOn }) => !isOn).length
    for (const host of hosts) {
      const greetings = host.greetings - (before.get(host) ?? 0)
      if (greetings > times.quiet / 3_000 + 2 + off)
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
      await this.#pass(times.quiet)
    })
  }

  /** Ends the server of the largest group; returns how long the others take to agree on the next one. */
  async #takeover(): Promise<Millis> {
    const [largest] = this.#world.groups().sort((a, b) => b.length - a.length)
    const server = largest?.find(({ isServing }) => isServing)
    if (!server) return 0
    const kind = this.#random.pick(['crash', 'power', 'sleep', 'cable', 'server'] as const)
    this.#fault(kind, server, 3_600_000)
    return this.#settle(`after the server's ${kind}`, times.takeover)
  }

  /** Does something that gives no server a cause to change. */
  async #still(when: string, act: () => Promise<void>): Promise<void> {
    const before = this.#world.serverChanges
    await act()
    const changes = this.#world.serverChanges - before
    if (changes > 0) this.#violations.push(`${changes} changes of servers ${when}`)
    this.#hold(when)
  }

  #hold(when: string): void {
    this.#violations.push(...wrongs(this.#world).map((wrong) => `${when}: ${wrong}`))
  }

  async #pass(ms: Millis): Promise<void> {
    const until = this.#world.clock.now() + ms
    let isOver = false
    this.#world.clock.after(ms, () => {
      isOver = true
    })
    await this.#world.clock.run(until, () => isOver)
  }
}

const faultKinds = ['crash', 'power', 'sleep', 'cable', 'server', 'partition'] as const
