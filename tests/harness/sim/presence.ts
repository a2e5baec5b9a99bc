import type { Clock } from '../../../host/types/clock.ts'
import type { AgentKey, Millis } from '../../../host/types/events.ts'
import type { Link } from '../../../host/types/peer.ts'
import type { Work } from '../../../host/work/work.ts'
import type { NodeCapability, Presence } from '../../../zomes-bindings/generated/agent-registry.ts'
import type { Daemon } from './daemon.ts'
import type { Wires } from './network.ts'

/** A machine that another one knows, with the last thing that was heard of it. */
export interface Known {
  readonly agent: AgentKey
  readonly card: NodeCapability
  /** The content of its last beat. */
  presence: Presence | null
  heardAt: Millis | null
  /** Its connection, as pings and dials find it. */
  link: Link
}

/** How often peers say that they are there, in milliseconds. */
export const beatMs: Millis = 10_000

/** After how long without a word a peer counts as away, in milliseconds. */
export const awayMs: Millis = 3 * beatMs

/** After how long without an answer to pings and dials a machine counts as unreachable, in milliseconds. */
const unansweredMs: Millis = 20_000

/** Machines that one knows of at most, to either side of it: in a crowd nobody knows all. */
const acquaintedMax = 15

const idle = { cpu_percent: 0, gpu_percent: 0, memory_percent: 0 }

/**
 * The presence of machines, as each machine of a simulation hears it. Beats take the wires; any message counts as
 * one.
 */
export class Presences {
  readonly #known = new Map<AgentKey, ReadonlyMap<AgentKey, Known>>()
  readonly #daemons = new Map<AgentKey, Daemon>()
  readonly #wires: Wires
  readonly #clock: Clock

  constructor(clock: Clock, wires: Wires) {
    this.#clock = clock
    this.#wires = wires
  }

  /** Has these machines know each other: where all stand in a ring, their neighbours, and each itself. */
  introduce(daemons: readonly Daemon[], cards: ReadonlyMap<AgentKey, NodeCapability>): void {
    for (const daemon of daemons) this.#daemons.set(daemon.machine.agent, daemon)
    const all = [...cards]
    all.forEach(([self], place) => {
      const near = all.filter((_, i) => {
        const gap = Math.abs(i - place)
        return Math.min(gap, all.length - gap) <= acquaintedMax
      })
      const heardAt = this.#clock.now()
      const link: Link = { state: 'open', at: heardAt, openedAt: heardAt }
      const known = near.map(
        ([agent, card]) => [agent, { agent, card, presence: null, heardAt, link }] as const,
      )
      this.#known.set(self, new Map(known))
    })
  }

  /** Lists the machines that a machine knows, itself included. */
  knownTo(agent: AgentKey): Iterable<Known> {
    return this.#known.get(agent)?.values() ?? []
  }

  /** Has every machine that is up say that it is there. */
  async beat(): Promise<never> {
    const forever = new AbortController().signal
    for (;;) {
      await this.#clock.sleep(beatMs, forever)
      for (const daemon of this.#daemons.values()) this.#say(daemon)
      for (const daemon of this.#daemons.values()) this.#ping(daemon)
      for (const daemon of this.#daemons.values()) daemon.peersChanged()
    }
  }

  /** Says at once how a machine is that has come back or changed, and has it hear of the others. */
  tell(agent: AgentKey): void {
    const daemon = this.#daemons.get(agent)
    if (!daemon) return
    this.#say(daemon)
    const near = [...this.knownTo(agent)].flatMap((known) => this.#daemons.get(known.agent) ?? [])
    for (const neighbour of near) this.#hear(neighbour, agent)
    for (const neighbour of near) neighbour.peersChanged()
  }

  /** Notes that a message arrived: its sender is there. That is told only of one who has missed a beat. */
  seen(from: AgentKey, by: AgentKey): void {
    const known = this.#known.get(by)?.get(from)
    if (!known) return
    const now = this.#clock.now()
    const there = known.heardAt !== null && now - known.heardAt <= beatMs
    known.heardAt = now
    if (!there) this.#daemons.get(by)?.peersChanged()
  }

  #say(from: Daemon): void {
    for (const { agent } of this.knownTo(from.machine.agent)) this.#hear(from, agent)
  }

  /** Notes which machines a machine can reach now. */
  #ping(from: Daemon): void {
    const at = this.#clock.now()
    for (const known of this.knownTo(from.machine.agent)) {
      const isUp = Boolean(this.#daemons.get(known.agent)?.work)
      const state = linkState(known.link, at, isUp, this.#wires.reaches(from.machine.agent, known.agent))
      if (known.link.state === state) continue
      known.link = { state, at, openedAt: state === 'open' ? at : known.link.openedAt }
    }
  }

  #hear(from: Daemon, to: AgentKey): void {
    const { agent } = from.machine
    const known = this.#known.get(to)?.get(agent)
    if (!known || !from.work || !this.#wires.reaches(agent, to)) return
    known.presence = presenceOf(from.work, known.presence)
    known.heardAt = this.#clock.now()
  }
}

/** Returns the state of a connection: it ends with its process, and after a while without an answer. */
function linkState({ state, at }: Link, now: Millis, isUp: boolean, reaches: boolean): Link['state'] {
  if (isUp && reaches) return 'open'
  const isSilent = state === 'failed' || (state === 'closed' && now - at >= unansweredMs)
  return !isUp || isSilent ? 'failed' : 'closed'
}

/** Returns the presence of a daemon: the same object as before if nothing has changed. */
function presenceOf(work: Work, before: Presence | null): Presence {
  const availability = work.draining() ? 'draining' : 'online'
  const held_grants = work.heldGrants()
  if (before?.availability === availability && before.held_grants === held_grants) return before
  return { addresses: [], availability, load: idle, held_grants, reply: false }
}
