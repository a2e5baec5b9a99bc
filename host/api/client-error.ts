/** Answers requests that Node's HTTP parser refuses, in the error format of the API that they are for. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { maxHeaderSize, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { RippleError } from '../errors/ripple-error.ts'
import { pathOf, SHOWN_CHARS_MAX } from './paths.ts'

/** First byte of a TLS connection. */
const TLS_HANDSHAKE = 0x16

/** Descriptions of the errors of Node's parser, by code. */
const flaws: Readonly<Record<string, string>> = {
  HPE_PAUSED_H2_UPGRADE: 'it is HTTP/2; this port takes HTTP/1.1',
  HPE_INVALID_METHOD: 'it does not begin with a method and a path',
  HPE_INVALID_URL: 'its path has a character that a URL may not have',
  HPE_INVALID_VERSION: 'its version is not HTTP/1.1 or HTTP/1.0',
  HPE_INVALID_CONSTANT: 'its first line is not that of HTTP/1.1',
  HPE_INVALID_HEADER_TOKEN: 'a header has a character that it may not have, or no colon',
  HPE_INVALID_CONTENT_LENGTH: 'its content-length is not a number',
  HPE_UNEXPECTED_CONTENT_LENGTH: 'it has a content-length and another length',
  HPE_INVALID_TRANSFER_ENCODING: 'its transfer-encoding is not supported, or it has a content-length too',
  HPE_INVALID_CHUNK_SIZE: 'the size of a chunk is not a hexadecimal number',
  HPE_INVALID_EOF_STATE: 'it ends too early',
}

/** An error of Node's HTTP parser. */
interface ParserError extends Error {
  readonly code: string
  /** The bytes that it could not read; fastify's types have another name for them. */
  readonly rawPacket?: unknown
}

/**
 * Returns an error in the form of a server's API. `path` is that of the request; null if the bytes are not the beginning of one.
 */
export type ErrorForm = (
  error: RippleError,
  path: string | null,
) => { readonly status: number; readonly body: object }

/** Handles a server's `clientError`. It follows each request, to find the one that a broken body belongs to. */
export class ClientErrors {
  readonly #last = new WeakMap<Socket, ServerResponse<IncomingMessage>>()
  readonly #form: ErrorForm

  constructor(form: ErrorForm) {
    this.#form = form
  }

  follow(server: Server): void {
    server.on('request', (request, response) => this.#last.set(request.socket, response))
    // An unknown expectation may be ignored (RFC 9110, 10.1.1); Node would answer without a body.
    server.on('checkExpectation', (request, response) => server.emit('request', request, response))
    // Node would close the connection without an answer.
    server.on('connect', ({ url = '' }, socket: Socket) => {
      const path = pathOf(url)
      const facts = { method: 'CONNECT', path: path.slice(0, SHOWN_CHARS_MAX), allow: 'GET, HEAD, POST' }
      socket.on('error', () => socket.destroy())
      this.#say(socket, new RippleError('RIPPLE_METHOD_UNKNOWN', facts), path)
    })
  }

  answer(thrown: ParserError, socket: Socket): void {
    const last = this.#last.get(socket)
    const isOpen = last !== undefined && !last.writableEnded
    if (thrown.code === 'ECONNRESET' || !socket.writable || (isOpen && last.headersSent)) {
      socket.destroy()
      return
    }
    const path = isOpen ? pathOf(last.req.url ?? '') : pathIn(thrown.rawPacket)
    this.#say(socket, errorOf(thrown), path)
  }

  /** Writes an error to a connection without a response object of Node, and closes it. */
  #say(socket: Socket, error: RippleError, path: string | null): void {
    const { status, body } = this.#form(error, path)
    const json = JSON.stringify(body)
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(json)}`,
      'cache-control: no-store',
      'x-content-type-options: nosniff',
      ...(error.code === 'RIPPLE_METHOD_UNKNOWN' ? [`allow: ${error.facts.allow}`] : []),
      'connection: close',
    ]
    socket.end(`${head.join('\r\n')}\r\n\r\n${json}`, () => socket.destroy())
  }
}

/** Returns the path of the request that begins with these bytes; null if they are not the beginning of a request. */
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
  const isTls = Buffer.isBuffer(thrown.rawPacket) && thrown.rawPacket[0] === TLS_HANDSHAKE
  const detail = isTls
    ? 'it is TLS; this port takes http://, not https://'
    : (flaws[thrown.code] ?? `the parser stopped with ${thrown.code}`)
  return new RippleError('RIPPLE_HTTP_INVALID', { detail }, cause)
}
