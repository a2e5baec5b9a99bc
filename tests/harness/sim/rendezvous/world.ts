import { rendezvousLimits } from '../../../../host/limits/rendezvous.ts'
import { limits } from '../../../../host/limits.ts'
import type { Hello, PeerId } from '../../../../host/rendezvous/hello.ts'
import type { rendezvousPlanner } from '../../../../host/rendezvous/planner.ts'
import type { Millis } from '../../../../host/types/events.ts'
import { VirtualClock } from '../clock.ts'
import type { Prng } from '../random.ts'
import { Host, type Machine } from './host.ts'

/** How the wires behave while faults may happen. Probabilities, and milliseconds. */
export interface WireFaults {
  readonly loss: number
  readonly delayMaxMs: Millis
}

/** A connection, as each of its two ends sees it: an end may not know yet that the other is gone. */
type Ends = Set<PeerId>

/** Milliseconds between two announcements by mDNS. */
const announceMs = 10_000
/** Milliseconds until the end of a broken connection is noticed, where the network says so. */
const noticeMs = 5
const start = 1_700_000_000_000

/** The machines, their wires and their connections. */
export class RendezvousWorld {
  readonly clock = new VirtualClock(start)
  readonly hosts = new Map<PeerId, Host>()
  readonly planner: typeof rendezvousPlanner
  readonly #random: Prng
  readonly #edges = new Map<PeerId, Set<PeerId>>()
  readonly #unplugged = new Set<PeerId>()
  readonly #connections = new Map<string, Ends>()
  #side: ReadonlySet<PeerId> = new Set()
  wires: WireFaults
  /** Messages so far. */
  messages = 0

  constructor(random: Prng, wires: WireFaults, planner: typeof rendezvousPlanner) {
    this.#random = random
    this.wires = wires
    this.planner = planner
  }

  get now(): Millis {
    return this.clock.now() - start
  }

  /** Adds a machine that is off, and the machines that it has wires to. */
  add(machine: Machine, wiredTo: Iterable<PeerId>): Host {
    const host = new Host(this, machine)
    this.hosts.set(machine.id, host)
    const edges = new Set(wiredTo)
    this.#edges.set(machine.id, edges)
    for (const other of edges) this.#edges.get(other)?.add(machine.id)
    return host
  }

  turnOn(host: Host): void {
    host.start()
    this.#announce(host)
  }

  /** Turns a machine off. If it is `silent`, as without power, its connections do not end with it. */
  turnOff(host: Host, isSilent: boolean): void {
    host.stop()
    for (const [key, ends] of this.#connections) {
      if (!ends.has(host.id)) continue
      ends.delete(host.id)
      const other = this.hosts.get(otherOf(key, host.id))
      if (!isSilent && other && this.reaches(host.id, other.id)) this.#close(other, host.id)
      if (ends.size === 0) this.#connections.delete(key)
    }
  }

  unplug(host: Host): void {
    this.#unplugged.add(host.id)
  }

  plug(host: Host): void {
    this.#unplugged.delete(host.id)
  }

  /** Cuts these machines off from the others; an empty set heals. */
  cut(side: ReadonlySet<PeerId>): void {
    this.#side = side
  }

  /** Lets the ends of connections give up whose other end is out of reach. */
  giveUp(): void {
    for (const [key, ends] of this.#connections)
      for (const id of ends) {
        const host = this.hosts.get(id)
        const other = otherOf(key, id)
        if (host && !(this.reaches(id, other) && this.hosts.get(other)?.isHere)) this.#close(host, other)
      }
  }

  /** Whether there is a way between two machines now. */
  reaches(a: PeerId, b: PeerId): boolean {
    if (this.#unplugged.has(a) || this.#unplugged.has(b)) return false
    return this.#side.has(a) === this.#side.has(b) && (this.#edges.get(a)?.has(b) ?? false)
  }

  /** Whether two machines have a connection that both know of. */
  isConnected(a: PeerId, b: PeerId): boolean {
    return this.#connections.get(pairOf(a, b))?.size === 2
  }

  /** Groups of machines that reach each other, directly or by way of others. */
  groups(): Host[][] {
    const left = new Set([...this.hosts.values()].filter(({ isHere }) => isHere))
    const groups: Host[][] = []
    for (const first of left) {
      left.delete(first)
      const group = [first]
      for (const host of group)
        for (const other of left)
          if (this.reaches(host.id, other.id)) {
            left.delete(other)
            group.push(other)
          }
      groups.push(group)
    }
    return groups
  }

  /** Exchanges hellos, over the open connection or a new one. Resolves when the machine knows how it ended. */
  async greet(from: Host, to: PeerId): Promise<void> {
    const isOpen = this.#connections.get(pairOf(from.id, to))?.has(from.id) || (await this.#dial(from, to))
    if (isOpen && (await this.#exchange(from, to))) return
    from.take((at) => ({ type: 'unanswered', peer: to, at }))
  }

  async #dial(from: Host, to: PeerId): Promise<boolean> {
    const asked = this.clock.now()
    const host = this.hosts.get(to)
    const isThere = await this.#travel(from.id, to)
    // A machine without a daemon refuses at once; one that sleeps or cannot be reached says nothing.
    if (!isThere || !host?.isHere || !from.isHere) {
      if (!(isThere && host && !host.isOn)) await this.#until(asked + limits.peer_dial_ms)
      return false
    }
    const key = pairOf(from.id, to)
    const ends = this.#connections.get(key) ?? new Set()
    const opened = [from, host].filter(({ id }) => !ends.has(id))
    this.#connections.set(key, new Set([from.id, to]))
    for (const end of opened) end.take((at) => ({ type: 'opened', peer: end === from ? to : from.id, at }))
    return true
  }

  async #exchange(from: Host, to: PeerId): Promise<boolean> {
    const asked = this.clock.now()
    const hello = from.hello()
    const answer = hello && (await this.#ask(from, to, hello))
    const isInTime = this.clock.now() - asked <= rendezvousLimits.hello_ms
    if (!answer || !isInTime) {
      await this.#until(asked + rendezvousLimits.hello_ms)
      return false
    }
    from.take((at) => ({ type: 'heard', peer: to, hello: answer, isAnswer: true, at }))
    return true
  }

  async #ask(from: Host, to: PeerId, hello: Hello): Promise<Hello | null> {
    this.messages += 1
    if (!(await this.#travel(from.id, to))) return null
    const host = this.hosts.get(to)
    if (!host?.isOn || !this.isConnected(from.id, to)) {
      // Nobody holds the other end: the network says so.
      this.#close(from, to)
      return null
    }
    const answer = host.answer(from.id, hello)
    if (!answer) return null
    this.messages += 1
    return (await this.#travel(to, from.id)) && from.isHere ? answer : null
  }

  /** Lets a message travel; returns whether it arrives. */
  async #travel(from: PeerId, to: PeerId): Promise<boolean> {
    const isLost = this.#random.chance(this.wires.loss)
    await this.#until(this.clock.now() + this.#random.int(1, this.wires.delayMaxMs))
    return !isLost && this.reaches(from, to)
  }

  #until(at: Millis): Promise<void> {
    return new Promise((resolve) => {
      this.clock.after(at - this.clock.now(), resolve)
    })
  }

  #close(host: Host, other: PeerId): void {
    const key = pairOf(host.id, other)
    const ends = this.#connections.get(key)
    if (!ends?.delete(host.id)) return
    if (ends.size === 0) this.#connections.delete(key)
    this.clock.after(noticeMs, () => {
      if (!this.#connections.get(key)?.has(host.id)) host.take((at) => ({ type: 'closed', peer: other, at }))
    })
  }

  /** Announces a machine by mDNS now and again, as long as this run of it lasts. */
  #announce(host: Host): void {
    const first = host.run
    const announce = () => {
      if (host.run !== first) return
      if (host.isAwake) this.#announceOnce(host)
      this.clock.after(announceMs, announce)
    }
    this.clock.after(this.#random.int(1, 300), announce)
  }

  #announceOnce(host: Host): void {
    for (const other of this.hosts.values()) {
      if (!other.isHere || !this.reaches(host.id, other.id)) continue
      if (this.#connections.get(pairOf(host.id, other.id))?.size === 2) continue
      this.#find(other, host.id)
      // A question is answered: both sides learn of each other, if nothing is lost.
      this.#find(host, other.id)
    }
  }

  #find(host: Host, peer: PeerId): void {
    if (this.#random.chance(this.wires.loss)) return
    this.clock.after(this.#random.int(1, 200), () => host.take((at) => ({ type: 'found', peer, at })))
  }
}

function pairOf(a: PeerId, b: PeerId): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}

function otherOf(pair: string, one: PeerId): PeerId {
  const [a = '', b = ''] = pair.split(' ')
  return a === one ? b : a
}
