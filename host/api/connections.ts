/** Bounds the connections to the API, so that programs without a token cannot occupy all of them, or one for ever. */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { limits } from '../limits.ts'

/** The bounds of the API's connections. */
export interface ConnectionBounds {
  /** Deadline for the head of a request, in milliseconds from its first byte or from the start of the connection. */
  readonly head_ms: number
  /** Deadline for a whole request with its body, in milliseconds. Answers have no deadline. */
  readonly request_ms: number
  /** Milliseconds between two checks of both deadlines. */
  readonly check_ms: number
  /** Most connections that have not sent a token yet. */
  readonly strangers_max: number
}

/** The usual bounds. */
export const connectionBounds: ConnectionBounds = {
  head_ms: limits.api_head_ms,
  request_ms: limits.api_request_ms,
  check_ms: limits.api_check_ms,
  strangers_max: limits.api_strangers_max,
}

/**
 * Connections that have not sent a token yet. Above their bound, the newest one replaces the oldest. Other users of the machine
 * can open connections too, and this leaves space for the owner's.
 */
export class Strangers {
  readonly #open = new Set<Socket>()

  constructor(server: Server, max: number) {
    server.on('connection', (socket: Socket) => {
      this.#open.add(socket)
      socket.once('close', () => this.#open.delete(socket))
      const [oldest] = this.#open
      if (this.#open.size > max) oldest?.destroy()
    })
  }

  /** Removes a connection that has sent a token from the bound. */
  admit(socket: Socket): void {
    this.#open.delete(socket)
  }
}
