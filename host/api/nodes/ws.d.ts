/** Types the part of ws that the log's socket uses: ws ships no types of its own. */
declare module 'ws' {
  import type { EventEmitter } from 'node:events'
  import type { IncomingMessage } from 'node:http'
  import type { Duplex } from 'node:stream'

  export interface ServerSocket extends EventEmitter {
    readonly bufferedAmount: number
    send(text: string): void
    ping(): void
    close(code: number): void
    terminate(): void
  }

  export class WebSocketServer {
    constructor(options: {
      readonly noServer: true
      readonly maxPayload: number
      readonly perMessageDeflate: false
      readonly clientTracking: false
    })
    handleUpgrade(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
      done: (socket: ServerSocket) => void,
    ): void
  }
}
