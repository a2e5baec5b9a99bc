/** Agrees with the machines of a LAN on one bootstrap server, and leads this machine's conductor to it. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Connection, PeerId } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { OwnInfos } from '../../dht/session/agent-infos.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { lanLimits } from '../../limits/lan.ts'
import { rendezvousLimits } from '../../limits/rendezvous.ts'
import { limits } from '../../limits.ts'
import { carryForwards, openForward } from '../../net/forward-stream.ts'
import type { PeerAddress, PeerNode } from '../../net/libp2p.ts'
import { answerGreetings, type Greeting, sendGreeting } from '../../net/rendezvous-stream.ts'
import { Loop } from '../../planning/loop.ts'
import type { BootstrapServer } from '../../processes/bootstrap-server.ts'
import type { Forwarder } from '../../processes/forwarder.ts'
import type { RendezvousEffect } from '../../rendezvous/effect.ts'
import type { RendezvousEvent } from '../../rendezvous/input.ts'
import { rendezvousPlanner } from '../../rendezvous/planner.ts'
import { helloOf, newState, type RendezvousState } from '../../rendezvous/state.ts'
import type { Emit } from '../../telemetry/events.ts'
import { failureOf } from '../../telemetry/history.ts'
import type { AlarmClock } from '../../types/clock.ts'
import { version } from '../../version.ts'

/** The parts that the rendezvous uses. */
export interface RendezvousNeeds {
  readonly node: PeerNode
  readonly forwarder: Forwarder
  /** The network's seed. */
  readonly seed: string
  /** Addresses of machines that mDNS does not reach, as the configuration names them. */
  readonly peers: readonly string[]
  readonly clock: AlarmClock
  readonly emit: Emit
  /** Starts a bootstrap server on loopback. Rejects as `runBootstrapServer` does. */
  startServer(signal: AbortSignal): Promise<BootstrapServer>
}

/** The part of a conductor whose agent infos go from machine to machine. */
export interface InfoSource {
  ownInfos(): Promise<OwnInfos>
  learnInfos(infos: readonly string[]): Promise<void>
}

/** The place of the bootstrap server: this machine, another machine's peer id, or nowhere yet. */
export type ServerPlace = { readonly at: 'here' | 'nowhere' } | { readonly at: 'peer'; readonly peer: string }

/** The running rendezvous of one machine. */
export interface LanRendezvous extends AsyncDisposable {
  serverPlace(): ServerPlace
  /** Takes in a peer that mDNS names. */
  discovered(peer: PeerAddress): void
  /** Exchanges agent infos with all peers until disposed. */
  exchangeInfos(source: InfoSource): Disposable
}

/** What this machine has of a peer besides the planner's state. */
interface Met {
  greeting: Greeting
  /** The key of the own infos that the peer has. */
  told: string
}

const noInfos: OwnInfos = { infos: [], key: '', dnas: [] }

/** Begins to greet peers. Rejects as libp2p does. */
export async function openLanRendezvous(needs: RendezvousNeeds): Promise<LanRendezvous> {
  const rendezvous = new Rendezvous(needs)
  await rendezvous.open()
  return rendezvous
}

class Rendezvous implements LanRendezvous {
  readonly #needs: RendezvousNeeds
  readonly #self: string
  readonly #network: string
  readonly #closing = new AbortController()
  readonly #stack = new AsyncDisposableStack()
  readonly #loop: Loop<RendezvousState, RendezvousEvent, RendezvousEffect>
  readonly #met = new Map<string, Met>()
  readonly #addresses = new Map<string, readonly string[]>()
  #server: BootstrapServer | null = null
  #onward: (hops: number) => Promise<Duplex> = () => Promise.reject(nowhere())
  #own: OwnInfos = noInfos
  #source: InfoSource | null = null

  constructor(needs: RendezvousNeeds) {
    this.#needs = needs
    this.#self = needs.node.peerId
    this.#network = createHash('sha256').update(needs.seed).digest('hex')
    // A moment before the start, whose input must be a change.
    this.#loop = new Loop(newState(this.#self, needs.clock.now() - 1), {
      planner: rendezvousPlanner,
      clock: needs.clock,
      signal: this.#closing.signal,
      act: (effect) => this.#act(effect),
      changed: () => {},
      planned: () => {},
      failed: ({ type }, error) => needs.emit({ type: 'rendezvous_failed', step: type, ...failureOf(error) }),
    })
  }

  async open(): Promise<void> {
    const { node, emit } = this.#needs
    const stack = this.#stack
    // The server goes last, because the conductor of another machine may still say goodbye through it.
    stack.defer(() => this.#server?.[Symbol.asyncDispose]())
    stack.defer(() => this.#loop.stop())
    stack.defer(() => this.#closing.abort(new RippleError('RIPPLE_INTERRUPTED')))
    const onRefused = (peer: string, reason: string) => emit({ type: 'greeting_refused', peer, reason })
    const answer = (peer: string, greeting: Greeting) => this.#answer(peer, greeting)
    stack.use(await answerGreetings({ node, network: this.#network, answer, onRefused }))
    const isGreeted = (peer: string) => this.#met.has(peer)
    stack.use(await carryForwards({ node, isGreeted, onward: (hops) => this.#onward(hops), onRefused }))
    stack.use(this.#watchConnections())
    const look = setInterval(() => void this.#lookForNamed(), lanLimits.named_look_ms)
    stack.defer(() => clearInterval(look))
    this.#announce()
    this.#loop.start()
    // Without it a machine that meets nobody would never plan.
    this.#loop.dispatch({ type: 'resumed', at: this.#needs.clock.now() })
    void this.#lookForNamed()
  }

  serverPlace(): ServerPlace {
    const { route, own } = this.#loop.state
    if (route !== null) return { at: 'peer', peer: route.sighting.server }
    return { at: own === null ? 'nowhere' : 'here' }
  }

  discovered({ peerId, addresses }: PeerAddress): void {
    if (peerId === this.#self) return
    this.#note(peerId, addresses)
    this.#loop.dispatch({ type: 'found', peer: peerId, at: this.#needs.clock.now() })
    const pause = this.#self < peerId ? 0 : lanLimits.dial_second_ms
    setTimeout(() => {
      // The planner dials again if this does not connect.
      if (!this.#closing.signal.aborted && !this.#isConnected(peerId)) this.#connect(peerId).catch(() => {})
    }, pause).unref()
  }

  exchangeInfos(source: InfoSource): Disposable {
    this.#source = source
    for (const { greeting } of this.#met.values()) void this.#learn(greeting)
    const { clock } = this.#needs
    let timer: NodeJS.Timeout
    let before = clock.now()
    let woke = -Infinity
    const look = async () => {
      const now = clock.now()
      if (now - before > lanLimits.infos_again_ms + limits.stood_still_ms) woke = now
      before = now
      const own = await source.ownInfos().catch(() => this.#own)
      const isNew = own.key !== this.#own.key
      this.#own = own
      if (isNew) for (const peer of this.#met.keys()) void this.#greet(peer, false).catch(() => {})
      // The conductor signs its infos at its start, and after a sleep: others wait for them then.
      const isSoon = own.key === '' || now - woke < lanLimits.infos_woke_ms
      const again = isSoon ? lanLimits.infos_look_ms : lanLimits.infos_again_ms
      if (this.#source !== null) timer = setTimeout(() => void look(), again).unref()
    }
    void look()
    return {
      [Symbol.dispose]: () => {
        clearTimeout(timer)
        this.#source = null
      },
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }

  async #act(effect: RendezvousEffect): Promise<void> {
    const at = () => this.#needs.clock.now()
    switch (effect.type) {
      case 'greet':
        return this.#greet(effect.peer, true).catch(() =>
          this.#loop.dispatch({ type: 'unanswered', peer: effect.peer, at: at() }),
        )
      case 'point_at':
        this.#point(effect.to)
        return this.#loop.dispatch({ type: 'pointed', to: effect.to, at: at() })
      case 'start_server':
        return this.#startServer()
      case 'stop_server': {
        const server = this.#server
        this.#server = null
        await server?.[Symbol.asyncDispose]()
        return this.#loop.dispatch({ type: 'server_stopped', at: at() })
      }
    }
  }

  async #startServer(): Promise<void> {
    const { startServer, clock, emit } = this.#needs
    try {
      this.#server ??= await startServer(this.#closing.signal)
      this.#loop.dispatch({ type: 'server_up', at: clock.now() })
    } catch (thrown) {
      if (!this.#closing.signal.aborted)
        emit({ type: 'rendezvous_failed', step: 'serve', ...failureOf(thrown) })
      this.#loop.dispatch({ type: 'server_failed', at: clock.now() })
    }
  }

  #point(to: string): void {
    const { node, forwarder, emit } = this.#needs
    this.#onward =
      to === this.#self
        ? () => this.#toOwnServer()
        : async (hops) => {
            if (hops < 0) throw nowhere()
            return openForward(node, to, hops)
          }
    forwarder.setTarget(() => this.#onward(rendezvousLimits.hops_max))
    const { server } = this.#loop.state.route?.sighting ?? { server: this.#self }
    emit({ type: 'server_chosen', server, via: to })
  }

  async #toOwnServer(): Promise<Duplex> {
    const port = /:(\d+)$/.exec(this.#server?.listening ?? '')?.[1]
    if (port === undefined) throw nowhere()
    const socket = connectTcp({ host: '127.0.0.1', port: Number(port) })
    await once(socket, 'connect')
    socket.on('error', () => socket.destroy())
    return socket
  }

  /** Exchanges greetings with a peer. Those that the planner did not ask for count as said by the peer itself. */
  async #greet(peer: string, isPlanned: boolean): Promise<void> {
    const connection = await this.#connect(peer)
    const { key } = this.#own
    const greeting = await sendGreeting(connection, this.#greeting(peer), this.#closing.signal)
    if (greeting?.network !== this.#network) throw new DOMException('the answer is no greeting', 'DataError')
    this.#meet(peer, greeting, isPlanned)
    const met = this.#met.get(peer)
    if (met) met.told = key
  }

  #answer(peer: string, greeting: Greeting): Greeting {
    this.#meet(peer, greeting, false)
    const answer = this.#greeting(peer)
    const met = this.#met.get(peer)
    if (met) met.told = this.#own.key
    return answer
  }

  #meet(peer: string, greeting: Greeting, isAnswer: boolean): void {
    const at = this.#needs.clock.now()
    const { sighting, able } = greeting
    this.#loop.dispatch({ type: 'opened', peer, at })
    this.#loop.dispatch({ type: 'heard', peer, hello: { sighting, able }, isAnswer, at })
    const before = this.#met.get(peer)
    if (!before) this.#needs.emit({ type: 'peer_greeted', peer, version: greeting.version })
    // A peer tells its agent infos once, and the conductor here may not have started yet.
    const infos = greeting.infos.length > 0 ? greeting.infos : (before?.greeting.infos ?? [])
    this.#met.set(peer, { greeting: { ...greeting, infos }, told: before?.told ?? '' })
    this.#note(peer, greeting.addresses)
    for (const seen of greeting.sees)
      if (!this.#isConnected(seen.peer)) this.discovered({ peerId: seen.peer, addresses: seen.addresses })
    void this.#learn(greeting)
  }

  #learn({ infos }: Greeting): Promise<void> {
    return infos.length === 0
      ? Promise.resolve()
      : (this.#source?.learnInfos(infos).catch(() => {}) ?? Promise.resolve())
  }

  /** Returns this machine's greeting, with its agent infos if the peer does not have them. */
  #greeting(peer: string): Greeting {
    const { sighting, able } = helloOf(this.#loop.state, this.#needs.clock.now())
    const others = [...this.#met].filter(([other]) => other !== peer)
    // Each greeting begins at another place, so that in a large mesh everybody is named now and then.
    const start = Math.floor(Math.random() * others.length)
    const sees = [...others.slice(start), ...others.slice(0, start)].slice(0, lanLimits.peers_told_max)
    return {
      network: this.#network,
      version,
      dnas: [...this.#own.dnas],
      sighting,
      able,
      addresses: this.#needs.node.addresses().slice(0, lanLimits.addresses_max),
      sees: sees.map(([other, { greeting }]) => ({ peer: other, addresses: greeting.addresses })),
      infos: this.#met.get(peer)?.told === this.#own.key ? [] : this.#own.infos.slice(0, lanLimits.infos_max),
    }
  }

  async #connect(peer: string): Promise<Connection> {
    const address = { peerId: peer, addresses: this.#addresses.get(peer) ?? [] }
    return this.#needs.node.connect(address, this.#closing.signal)
  }

  /** Notes where a peer is, and forgets the peer that was noted first if there are too many. */
  #note(peer: string, addresses: readonly string[]): void {
    this.#addresses.delete(peer)
    this.#addresses.set(peer, addresses.slice(0, lanLimits.addresses_max))
    const [first] = this.#addresses.keys()
    if (first !== undefined && this.#addresses.size > rendezvousLimits.rendezvous_peers_max)
      this.#addresses.delete(first)
  }

  #isConnected(peer: string): boolean {
    return this.#loop.state.neighbours.get(peer)?.isConnected ?? false
  }

  #watchConnections(): Disposable {
    const { libp2p } = this.#needs.node
    const at = () => this.#needs.clock.now()
    const opened = ({ detail }: CustomEvent<PeerId>) =>
      this.#loop.dispatch({ type: 'opened', peer: detail.toString(), at: at() })
    const closed = ({ detail }: CustomEvent<PeerId>) => {
      this.#met.delete(detail.toString())
      this.#loop.dispatch({ type: 'closed', peer: detail.toString(), at: at() })
    }
    libp2p.addEventListener('peer:connect', opened)
    libp2p.addEventListener('peer:disconnect', closed)
    return {
      [Symbol.dispose]: () => {
        libp2p.removeEventListener('peer:connect', opened)
        libp2p.removeEventListener('peer:disconnect', closed)
      },
    }
  }

  /** Lets other daemons of this machine find this one at the forwarder's port, where mDNS may not work. */
  #announce(): void {
    const { node, forwarder } = this.#needs
    const port = /\/tcp\/(\d+)/.exec(node.addresses()[0] ?? '')?.[1]
    if (port !== undefined) forwarder.announce([`/ip4/127.0.0.1/tcp/${port}/p2p/${this.#self}`])
  }

  /** Dials the daemon that holds the forwarder's port, and the machines that the configuration names. */
  async #lookForNamed(): Promise<void> {
    const { forwarder, peers, node } = this.#needs
    for (const address of await forwarder.holderAddresses()) {
      const [, peerId] = /^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/(\w+)$/.exec(address) ?? []
      if (peerId !== undefined && !this.#isConnected(peerId))
        this.discovered({ peerId, addresses: [address] })
    }
    const connected = node.libp2p.getConnections().map(({ remoteAddr }) => remoteAddr.toString())
    for (const address of peers)
      if (!connected.some((one) => one.startsWith(address)))
        node.libp2p
          .dial(multiaddr(address), { signal: AbortSignal.timeout(limits.peer_dial_ms) })
          .catch(() => undefined)
  }
}

function nowhere(): DOMException {
  return new DOMException('no bootstrap server is known', 'NotFoundError')
}
