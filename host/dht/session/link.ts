/** Keeps a session with the conductor, and rebuilds a lost one. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { CellId } from '@holochain/client'
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { EventOf } from '../../telemetry/catalogue.ts'
import { type PeerSignal, readSignal } from '../call/signals.ts'
import { connectSession, type Session, type SessionOptions } from './session.ts'

/** Milliseconds between attempts to restore a lost connection. */
const AGAIN_MS = 200

/** An event of the connection with the conductor. */
export type LinkEvent = EventOf<
  'conductor_connected' | 'conductor_lost' | 'conductor_unconnected' | 'signal_unreadable'
>

/** The dependencies of a link. */
export interface LinkOptions {
  readonly session: Omit<SessionOptions, 'onBadSignal'>
  /** Returns the admin port of the running conductor, or null while it is down. */
  readonly adminPort: () => number | null
  readonly onEvent: (event: LinkEvent) => void
}

/** A lasting connection with the conductor. A lost session is rebuilt as soon as the conductor is back. */
export class Link implements AsyncDisposable {
  readonly #options: LinkOptions
  readonly #stopping = new AbortController()
  readonly #signalHandlers = new Set<(signal: PeerSignal) => void>()
  readonly #restoredHandlers = new Set<() => void>()
  #session: Session | null = null
  #lost = new AbortController()
  #keeping: Promise<void> = Promise.resolve()

  private constructor(options: LinkOptions) {
    this.#options = options
  }

  /**
   * Connects. Rejects with the error of the first connection; later errors are events, and the connection is tried again.
   */
  static async open(options: LinkOptions): Promise<Link> {
    const link = new Link(options)
    const port = options.adminPort()
    if (port === null) throw new RippleError('RIPPLE_CONDUCTOR_DOWN')
    link.#keeping = link.#keep(await link.#connect(port))
    return link
  }

  /** The current session. Throws `RIPPLE_CONDUCTOR_DOWN` while there is none; nothing was sent then. */
  get session(): Session {
    if (this.#session === null) throw down()
    return this.#session
  }

  /**
   * A signal that aborts with `RIPPLE_CONDUCTOR_DOWN` when the current session is lost. It is the lost session's signal
   * until there is another session.
   */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** Whether there is a session. */
  get connected(): boolean {
    return this.#session !== null
  }

  /** Returns the cell of a role. Throws `RIPPLE_INTERNAL` if the hApp has no such role. */
  cell(role: string): CellId {
    const found = this.session.cells.find((cell) => cell.role === role)
    if (found === undefined) throw new RippleError('RIPPLE_INTERNAL', { detail: `no role '${role}'` })
    return found.cell
  }

  /** Calls back with each signal of a peer. The returned function ends that. */
  onSignal(handler: (signal: PeerSignal) => void): () => void {
    this.#signalHandlers.add(handler)
    return () => this.#signalHandlers.delete(handler)
  }

  /** Calls back whenever a lost session has been rebuilt. Signals may have been missed, so query. */
  onRestored(handler: () => void): () => void {
    this.#restoredHandlers.add(handler)
    return () => this.#restoredHandlers.delete(handler)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    await this.#session?.[Symbol.asyncDispose]()
    await this.#keeping
  }

  async #connect(port: number): Promise<Session> {
    const begun = performance.now()
    const onBadSignal = (error: unknown) => this.#unreadable(error)
    const options = { ...this.#options.session, onBadSignal }
    const session = await connectSession(port, options, this.#stopping.signal)
    session.app.on('signal', (signal) => {
      const heard = readSignal(signal)
      if (heard === null) this.#unreadable('it is not one of ours')
      else for (const handler of this.#signalHandlers) handler(heard)
    })
    this.#session = session
    this.#lost = new AbortController()
    this.#options.onEvent({ type: 'conductor_connected', ms: Math.round(performance.now() - begun) })
    return session
  }

  async #keep(first: Session): Promise<void> {
    let session: Session | null = first
    while (!this.#stopping.signal.aborted) {
      if (session !== null) {
        await session.closed
        this.#session = null
        this.#lost.abort(down())
        if (this.#stopping.signal.aborted) return
        this.#options.onEvent({ type: 'conductor_lost' })
        await session[Symbol.asyncDispose]()
      }
      session = await this.#reconnect()
      if (session !== null) for (const handler of this.#restoredHandlers) handler()
    }
    await session?.[Symbol.asyncDispose]()
  }

  async #reconnect(): Promise<Session | null> {
    await sleep(AGAIN_MS, undefined, { signal: this.#stopping.signal }).catch(() => {})
    const port = this.#options.adminPort()
    if (port === null || this.#stopping.signal.aborted) return null
    try {
      return await this.#connect(port)
    } catch (error) {
      this.#options.onEvent({ type: 'conductor_unconnected', detail: toRippleError(error).message })
      return null
    }
  }

  #unreadable(error: unknown): void {
    this.#options.onEvent({ type: 'signal_unreadable', detail: toRippleError(error).message })
  }
}

function down(): RippleError {
  return new RippleError('RIPPLE_CONDUCTOR_DOWN', { retry_after_s: limits.down_retry_after_s })
}
