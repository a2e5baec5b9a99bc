/** Relays HTTP requests and upgrades to a server. */
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import { limits } from '../limits.ts'

/** Relays one request to the server at `target`, and its answer back; 502 when there is no server or answer. */
export function relayRequest(
  request: IncomingMessage,
  response: ServerResponse,
  target: string | null,
): void {
  if (target === null) {
    response.writeHead(502).end()
    return
  }
  const onward = toTarget(request, target)
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
    answer.pipe(response)
    // The pipe does not end an answer that breaks off, and the conductor asks no other server while it waits for the rest.
    answer.once('close', () => {
      if (!answer.complete) response.destroy()
    })
  })
  onward.on('error', () => {
    if (!response.headersSent) response.writeHead(502)
    response.end()
  })
  response.once('close', () => onward.destroy())
  request.pipe(onward)
}

/** Relays an upgrade (the relay's websocket) to the server at `target`, then the bytes both ways. */
export function relayUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  target: string | null,
): void {
  socket.on('error', () => socket.destroy())
  if (target === null) {
    socket.end(statusLine(502, 'Bad Gateway', []))
    return
  }
  const onward = toTarget(request, target)
  onward.on('upgrade', (answer, far, farHead) => {
    far.on('error', () => far.destroy())
    // The socket was dropped during the request to the server. Its close event is over, and nothing else would end the far
    // side.
    if (socket.destroyed) return void far.destroy()
    onward.setTimeout(0)
    far.setTimeout(0)
    socket.write(statusLine(answer.statusCode ?? 101, answer.statusMessage ?? '', answer.rawHeaders))
    if (farHead.length > 0) socket.write(farHead)
    if (head.length > 0) far.write(head)
    socket.pipe(far).pipe(socket)
    socket.once('close', () => far.destroy())
    far.once('close', () => socket.destroy())
  })
  onward.on('response', (answer) => {
    answer.resume()
    socket.end(statusLine(answer.statusCode ?? 502, answer.statusMessage ?? '', []))
  })
  onward.on('error', () => socket.destroy())
  onward.end()
}

function toTarget(request: IncomingMessage, target: string): ClientRequest {
  const base = new URL(target)
  const url = new URL(`${base.pathname.replace(/\/$/, '')}${request.url ?? '/'}`, base)
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  const onward = send(url, { method: request.method, headers: { ...request.headers, host: url.host } })
  onward.setTimeout(limits.forwarder_idle_ms, () => onward.destroy())
  return onward
}

function statusLine(code: number, message: string, rawHeaders: readonly string[]): string {
  const lines = [`HTTP/1.1 ${code} ${message}`]
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    lines.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]}`)
  }
  return `${lines.join('\r\n')}\r\n\r\n`
}
