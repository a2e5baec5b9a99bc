/** Serves the log of a task over a WebSocket, which carries one event as JSON in each message. */
import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import { findTask } from '../../operations/task/find.ts'
import { guardHosts, guardKey, guardPlace, guardScope, type ValidKeys } from '../guard.ts'
import { pathOf } from '../paths.ts'
import { followTask, type LogNeeds } from './follow-task.ts'

/** The path of the socket. */
export const LOG_SOCKET_PATH = '/ws/logs'

/** The parts of the daemon that the socket uses. */
export interface LogSocketNeeds extends ValidKeys {
  readonly context: ValidKeys['context'] & LogNeeds
  port(): number
  /** Aborted when the daemon stops. */
  readonly signal: AbortSignal
  /** Removes a connection with a key from the bound of those without. */
  admit(socket: Socket): void
}

/** The close codes of RFC 6455 for a task that has ended, and for an error of this machine. */
const ENDED = 1_000
const FAILED = 1_011
/** A client of the log has nothing to say, so longer messages end the connection. */
const MESSAGE_BYTES_MAX = 1_024

/** Whether a request may become a WebSocket; every other request with an `Upgrade` header is answered as if it had none. */
export function isLogSocket({ url = '', headers }: IncomingMessage): boolean {
  return pathOf(url) === LOG_SOCKET_PATH && headers.upgrade?.toLowerCase() === 'websocket'
}

/** Takes connections to the socket. Host, Origin, key and scope are checked as for every route, before the upgrade. */
export function serveLogSocket(app: FastifyInstance, needs: LogSocketNeeds): void {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_BYTES_MAX,
    perMessageDeflate: false,
    clientTracking: false,
  })
  let open = 0
  app.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    const take = async (): Promise<void> => {
      const id = guard(request, needs)
      needs.admit(socket)
      if (open >= limits.event_streams_max) {
        const { event_streams_max: max, busy_retry_after_s: retry_after_s } = limits
        throw new RippleError('RIPPLE_BUSY', { what: 'the number of log sockets', max, retry_after_s })
      }
      open += 1
      socket.once('close', () => {
        open -= 1
      })
      const task = await findTask(needs.context, id)
      server.handleUpgrade(request, socket, head, (joined) => void follow(joined, task, needs))
    }
    take().catch((thrown: unknown) => refuse(socket, toRippleError(thrown)))
  })
}

/** Checks a request, and returns the id of its log. Throws as the guards do. */
function guard({ url = '', headers, rawHeaders }: IncomingMessage, needs: LogSocketNeeds): string {
  guardHosts(rawHeaders)
  const { host, origin } = headers
  guardPlace({ host, origin }, { port: needs.port(), hosts: [], origins: [] })
  guardScope(guardKey(headers, needs), ['read'])
  const id = new URL(url, 'http://localhost').searchParams.get('deployment') ?? ''
  if (id === '' || id.length > 128)
    throw new RippleError('RIPPLE_BODY_INVALID', { detail: "'deployment' is not the id of a task" })
  return id
}

async function follow(socket: WebSocket, task: string, { context, signal }: LogSocketNeeds): Promise<void> {
  const ping = setInterval(() => socket.ping(), limits.event_ping_ms)
  const gone = new AbortController()
  const stop = (): void => socket.terminate()
  signal.addEventListener('abort', stop, { once: true })
  let unfollow = (): void => {}
  socket.on('error', stop)
  socket.once('close', () => {
    clearInterval(ping)
    signal.removeEventListener('abort', stop)
    gone.abort(new RippleError('RIPPLE_INTERRUPTED'))
    unfollow()
  })
  const reader = {
    line: (event: object): void => {
      socket.send(JSON.stringify(event))
      if (socket.bufferedAmount > limits.event_stream_bytes_max) socket.terminate()
    },
    end: (): void => socket.close(ENDED),
  }
  if (signal.aborted) return stop()
  try {
    unfollow = await followTask(context, task, reader, gone.signal)
    if (gone.signal.aborted) unfollow()
  } catch {
    socket.close(FAILED)
  }
}

/** Answers a connection that does not become a WebSocket. */
function refuse(socket: Socket, error: RippleError): void {
  const body = JSON.stringify(error)
  const head = [
    `HTTP/1.1 ${error.http} ${STATUS_CODES[error.http] ?? ''}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...(error.http === 401 ? ['www-authenticate: Bearer'] : []),
    'connection: close',
  ]
  // A client that does not close its side must not hold the socket open.
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
