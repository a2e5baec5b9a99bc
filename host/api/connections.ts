// Bounds the connections to the API, so that nobody without a token can hold them all or hold one for ever.
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { limits } from '../limits.ts'

/** Bounds of the API's connections. */
export interface ConnectionBounds {
  /** Deadline for the head of a request, from its first byte or from the opening of the connection, in milliseconds. */
  readonly head_ms: number
  /** Deadline for the whole of a request, its body included, in milliseconds. Answers may take as long as they like. */
  readonly request_ms: number
  /** How often both are checked, in milliseconds. */
  readonly check_ms: number
  /** Connections that have not given a token yet. */
  readonly strangers_max: number
}

/** The host's own bounds. */
export const connectionBounds: ConnectionBounds = {
  head_ms: limits.api_head_ms,
  request_ms: limits.api_request_ms,
  check_ms: limits.api_check_ms,
  strangers_max: limits.api_strangers_max,
}

/**
 * Connections that have not given a token yet. Above their bound the oldest is closed for the newest, so that other users of the
 * machine, who can open connections too, leave room for the owner's.
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

  /** Takes a connection out of the bound: it has given a token. */
  admit(socket: Socket): void {
    this.#open.delete(socket)
  }
}
