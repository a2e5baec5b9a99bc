/** Makes the spans of requests, and knows which request a post belongs to. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { type Context, ROOT_CONTEXT, type Span, SpanKind } from '@opentelemetry/api'
import { requestSpan, statusAttributes } from './conventions.ts'
import type { RequestHead } from './port.ts'
import { begin, contextOf, end, type SpanNeeds, under } from './spans.ts'

/** A request that is under way or has ended. */
interface Current {
  readonly head: RequestHead
  /** The context that its caller sent; null without one. */
  readonly caller: Context | null
  span: Span | null
  isOver: boolean
}

/** The spans of requests. A request has one if it posts a task, or if its caller has begun a trace. */
export class RequestSpans {
  readonly #needs: SpanNeeds
  readonly #current = new AsyncLocalStorage<Current>()

  constructor(needs: SpanNeeds) {
    this.#needs = needs
  }

  /** Runs the work of a request. The returned function ends it with its status. */
  run(head: RequestHead, work: () => void): (status: number) => void {
    const caller = contextOf(head.traceparent)
    const current: Current = { head, caller, span: null, isOver: false }
    if (caller !== null) this.#begin(current)
    this.#current.run(current, work)
    return (status) => {
      current.isOver = true
      if (current.span === null) return
      const code = status >= 500 ? String(status) : null
      end(current.span, this.#needs.now(), statusAttributes(status), code)
    }
  }

  /** Returns the parent of a post: its request, or none if no request is under way. */
  parent(): Context {
    const current = this.#current.getStore()
    if (current === undefined) return ROOT_CONTEXT
    if (current.span === null && current.isOver) return ROOT_CONTEXT
    return under(current.span ?? this.#begin(current))
  }

  #begin(current: Current): Span {
    const { name, attributes } = requestSpan(current.head)
    const parent = current.caller ?? ROOT_CONTEXT
    const { startedAt: at } = current.head
    current.span = begin(this.#needs, name, { parent, attributes, kind: SpanKind.SERVER, at })
    return current.span
  }
}
