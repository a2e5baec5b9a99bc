/** Answers requests that Node's HTTP parser refuses, in the form of the API that they are for. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { maxHeaderSize, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { RippleError } from '../errors/ripple-error.ts'
import { openaiError } from './openai/error.ts'
import { isOpenai, pathOf } from './paths.ts'

/** An error of Node's HTTP parser. */
interface ParserError extends Error {
  readonly code: string
  /** The bytes that it could not read; fastify's types call them otherwise. */
  readonly rawPacket?: unknown
}

/** Handles `clientError` of a server. Follows each request, so that it knows which one a broken body belongs to. */
export class ClientErrors {
  readonly #last = new WeakMap<Socket, ServerResponse<IncomingMessage>>()

  follow(server: Server): void {
    server.on('request', (request, response) => this.#last.set(request.socket, response))
    // An expectation that nobody knows may be ignored (RFC 9110, 10.1.1); Node would answer without a body.
    server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  }

  answer(thrown: ParserError, socket: Socket): void {
    const last = this.#last.get(socket)
    const isOpen = last !== undefined && !last.writableEnded
    if (thrown.code === 'ECONNRESET' || !socket.writable || (isOpen && last.headersSent)) {
      socket.destroy()
      return
    }
    const path = isOpen ? pathOf(last.req.url ?? '') : pathIn(thrown.rawPacket)
    const error = errorOf(thrown)
    // A request for any path but those of Ripple's own commands most likely comes from a client of OpenAI's.
    const isOwn = path !== null && !isOpenai(path)
    const { status, body } = isOwn ? { status: error.http, body: error.toJSON() } : openaiError(error)
    const json = JSON.stringify(body)
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(json)}`,
      'cache-control: no-store',
      'x-content-type-options: nosniff',
      'connection: close',
    ]
    socket.end(`${head.join('\r\n')}\r\n\r\n${json}`, () => socket.destroy())
  }
}

/** Returns the path of the request that begins with these bytes; null where they begin no request. */
function pathIn(bytes: unknown): string | null {
  const text = Buffer.isBuffer(bytes) ? bytes.toString('latin1') : ''
  const [, url] = /^[A-Za-z]+ (\S+)/.exec(text) ?? []
  return url === undefined ? null : pathOf(url)
}

function errorOf(thrown: ParserError): RippleError {
  const cause = { cause: thrown }
  if (thrown.code === 'ERR_HTTP_REQUEST_TIMEOUT') return new RippleError('RIPPLE_HTTP_TIMEOUT', {}, cause)
  if (thrown.code === 'HPE_HEADER_OVERFLOW')
    return new RippleError('RIPPLE_HTTP_HEAD_TOO_LARGE', { max: maxHeaderSize }, cause)
  const detail = thrown.message.replace(/^Parse Error:? ?/, '') || thrown.code
  return new RippleError('RIPPLE_HTTP_INVALID', { detail }, cause)
}
