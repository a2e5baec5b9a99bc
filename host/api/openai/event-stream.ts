/** One answer's server-sent events on their way to its client, with the response head before the first of them. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import { limits } from '../../limits.ts'

/**
 * Writes events no faster than the client takes them. Nothing is written before `open`, so that a failure until then can still be an
 * HTTP error. A client that takes nothing for `limits.reader_stall_ms` is cut off.
 */
export class EventStream implements Disposable {
  readonly #reply: FastifyReply
  readonly #headers: Readonly<Record<string, string>>
  readonly #signal: AbortSignal
  #ping: NodeJS.Timeout | undefined

  /** `signal` is aborted when the client has gone. */
  constructor(reply: FastifyReply, headers: Readonly<Record<string, string>>, signal: AbortSignal) {
    this.#reply = reply
    this.#headers = headers
    this.#signal = signal
  }

  get isOpen(): boolean {
    return this.#ping !== undefined
  }

  get isGone(): boolean {
    return this.#out.destroyed
  }

  /** Sends the head: from here on a failure is an event. */
  open(): void {
    this.#reply.hijack()
    const out = this.#out
    out.setTimeout(limits.reader_stall_ms)
    out.writeHead(200, {
      ...this.#headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    out.flushHeaders()
    this.#ping = setInterval(() => {
      // Nothing is added to what the client does not take, or has yet to take.
      if (out.writableLength === 0) this.comment('ping')
    }, limits.event_ping_ms)
  }

  /** Sends an event once the client has taken those before it. Rejects where the client goes away. */
  async send(event: object): Promise<void> {
    this.#signal.throwIfAborted()
    if (!this.#out.write(`data: ${JSON.stringify(event)}\n\n`))
      await once(this.#out, 'drain', { signal: this.#signal })
  }

  comment(text: string): void {
    this.#out.write(`: ${text}\n\n`)
  }

  /** Says that the answer is whole. */
  done(): void {
    this.#out.write('data: [DONE]\n\n')
  }

  /** Says why the answer broke off. */
  fail(body: object): void {
    this.#out.write(`event: error\ndata: ${JSON.stringify(body)}\n\n`)
  }

  [Symbol.dispose](): void {
    if (!this.isOpen) return
    clearInterval(this.#ping)
    this.#out.end()
  }

  get #out(): ServerResponse {
    return this.#reply.raw
  }
}
