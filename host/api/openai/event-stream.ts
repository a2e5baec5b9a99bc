/** Sends the events of one answer to its client: server-sent events, or lines of JSON. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import { limits } from '../../limits.ts'
import type { Dialect } from './dialect.ts'

/**
 * Writes events no faster than the client reads them. Nothing is written before `open`, so a failure until then can still be an
 * HTTP error. A client that reads nothing for `limits.reader_stall_ms` is disconnected.
 */
export class EventStream implements Disposable {
  readonly #reply: FastifyReply
  readonly #headers: Readonly<Record<string, string>>
  readonly #dialect: Omit<Dialect, 'error'>
  readonly #signal: AbortSignal
  #ping: NodeJS.Timeout | undefined

  /** `signal` is aborted when the client leaves. */
  constructor(
    reply: FastifyReply,
    headers: Readonly<Record<string, string>>,
    dialect: Omit<Dialect, 'error'>,
    signal: AbortSignal,
  ) {
    this.#reply = reply
    this.#headers = headers
    this.#dialect = dialect
    this.#signal = signal
  }

  get isOpen(): boolean {
    return this.#ping !== undefined
  }

  get isGone(): boolean {
    return this.#out.destroyed
  }

  /** Sends the response head. From then on, a failure is an event. */
  open(): void {
    this.#reply.hijack()
    const out = this.#out
    out.setTimeout(limits.reader_stall_ms)
    out.writeHead(200, {
      ...this.#headers,
      'content-type': this.#dialect.lines ? 'application/x-ndjson' : 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    out.flushHeaders()
    this.#ping = setInterval(() => {
      // No ping is added while the client has unread data.
      if (out.writableLength > 0) return
      const { ping } = this.#dialect
      if (ping === null) this.comment('ping')
      else out.write(this.#frame(ping))
    }, limits.event_ping_ms)
  }

  /** Sends an event, and waits while the client is behind. Rejects if the client leaves. */
  async send(event: object): Promise<void> {
    this.#signal.throwIfAborted()
    if (!this.#out.write(this.#frame(event))) await once(this.#out, 'drain', { signal: this.#signal })
  }

  /** Sends a comment, which lines of JSON cannot have. */
  comment(text: string): void {
    if (!this.#dialect.lines) this.#out.write(`: ${text}\n\n`)
  }

  /** Sends the end of a whole answer. */
  done(): void {
    const { done } = this.#dialect
    if (done !== null) this.#out.write(`data: ${done}\n\n`)
  }

  /** Sends the events of an answer that broke off, in the API's own form. */
  last(events: readonly object[]): void {
    for (const event of events) this.#out.write(this.#frame(event))
  }

  /** Sends the reason why the answer broke off. */
  fail(body: object): void {
    this.#out.write(
      this.#dialect.lines ? this.#frame(body) : `event: error\ndata: ${JSON.stringify(body)}\n\n`,
    )
  }

  [Symbol.dispose](): void {
    if (!this.isOpen) return
    clearInterval(this.#ping)
    this.#out.end()
  }

  #frame(event: object): string {
    if (this.#dialect.lines) return `${JSON.stringify(event)}\n`
    const name = this.#dialect.named ? `event: ${Reflect.get(event, 'type')}\n` : ''
    return `${name}data: ${JSON.stringify(event)}\n\n`
  }

  get #out(): ServerResponse {
    return this.#reply.raw
  }
}
