/** Makes the spans of own tasks, from the post to the Close. */
import { type Context, type Span, SpanKind } from '@opentelemetry/api'
import { LRUCache } from 'lru-cache'
import { toRippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import type { ActionHash, AgentKey } from '../../types/events.ts'
import type { Message } from '../../types/message.ts'
import type { EventOf } from '../catalogue.ts'
import {
  endAttributes,
  outcomeAttributes,
  payloadAttributes,
  peerAttributes,
  taskAttributes,
} from './conventions.ts'
import type { Sending } from './port.ts'
import { begin, end, type SpanNeeds, traceparentOf, under } from './spans.ts'

/** An own task that is open. */
interface OwnTask {
  readonly span: Span
  /** The offers without an answer. */
  readonly offers: Map<AgentKey, Span>
  /** From the Result to the Close; null before. */
  accept: Span | null
}

/** A post under way. */
interface Posting {
  readonly span: Span
  /** Whether its task stands. */
  isPosted: boolean
}

/** The spans of own tasks. */
export class PosterSpans {
  readonly #needs: SpanNeeds
  /** Tasks that are being posted, by the client's key; the queue of posts bounds them. */
  readonly #posting = new Map<string, Posting>()
  readonly #open = new LRUCache<ActionHash, OwnTask>({ max: limits.traced_tasks_max })

  constructor(needs: SpanNeeds) {
    this.#needs = needs
  }

  /** Begins the span of a task, and follows its post. Settles as the post does. */
  async post<T>(key: string, parent: Context, post: () => Promise<T>): Promise<T> {
    const task = { span: begin(this.#needs, 'task', { parent, attributes: {} }), isPosted: false }
    const span = begin(this.#needs, 'post', { parent: under(task.span), attributes: {} })
    if (!this.#posting.has(key)) this.#posting.set(key, task)
    let code: string | null = null
    try {
      return await post()
    } catch (thrown) {
      code = toRippleError(thrown).code
      throw thrown
    } finally {
      end(span, this.#needs.now(), {}, code)
      if (this.#posting.get(key) === task) this.#posting.delete(key)
      // A failed post has no task, and a repeated one has the task of the first.
      if (!task.isPosted) end(task.span, this.#needs.now(), {}, code)
    }
  }

  /** Returns the context of an open task; null for one that is not traced. */
  contextOf(task: ActionHash): Context | null {
    const own = this.#open.get(task)
    return own === undefined ? null : under(own.span)
  }

  stated({ task_key, task, state, peer }: EventOf<'task_state'>, now: number): void {
    const posted = this.#posting.get(task_key)
    if (posted !== undefined && !this.#open.has(task)) {
      posted.isPosted = true
      posted.span.setAttributes(taskAttributes(task))
      this.#open.set(task, { span: posted.span, offers: new Map(), accept: null })
    }
    const own = this.#open.get(task)
    if (own === undefined) return
    own.span.addEvent(state, peer === null ? {} : peerAttributes(peer), now)
    if (peer !== null) this.answered(task, peer, 'granted', now)
    if (state !== 'delivered' || own.accept !== null) return
    own.accept = begin(this.#needs, 'accept', {
      parent: under(own.span),
      attributes: taskAttributes(task),
      at: now,
    })
  }

  offered({ task, to }: EventOf<'offered'>, now: number): void {
    const own = this.#open.get(task)
    if (own === undefined) return
    this.answered(task, to, 'unanswered', now)
    const attributes = { ...taskAttributes(task), ...peerAttributes(to) }
    own.offers.set(
      to,
      begin(this.#needs, 'offer', { parent: under(own.span), attributes, kind: SpanKind.CLIENT, at: now }),
    )
  }

  /** Ends an offer, if it waits for its answer. */
  answered(task: ActionHash, by: AgentKey, outcome: string, now: number): void {
    const offers = this.#open.get(task)?.offers
    const offer = offers?.get(by)
    if (offer !== undefined) end(offer, now, outcomeAttributes(outcome))
    offers?.delete(by)
  }

  checked({ task, verdict }: EventOf<'checked'>, now: number): void {
    const own = this.#open.get(task)
    if (!own?.accept) return
    if (verdict === 'ok') return void own.accept.addEvent('checked', now)
    end(own.accept, now, outcomeAttributes('rejected'), 'rejected')
    own.accept = null
  }

  /** Ends the acceptance when the Close is written. */
  closeWritten(task: ActionHash, now: number): void {
    const own = this.#open.get(task)
    if (own?.accept) end(own.accept, now, outcomeAttributes('closed'))
    if (own) own.accept = null
  }

  closed(event: EventOf<'task_closed'>, now: number): void {
    const own = this.#open.get(event.task)
    if (own === undefined) return
    this.#open.delete(event.task)
    finish(own, now, event)
  }

  /** Returns an offer or a payload with the context that goes along. */
  sending(to: AgentKey, message: Extract<Message, { type: 'offer' | 'payload' }>): Sending {
    const own = this.#open.get(message.task)
    const plain = { message, sent: () => {} }
    if (own === undefined) return plain
    if (message.type === 'offer') {
      const offer = own.offers.get(to)
      return offer === undefined ? plain : { ...plain, message: { ...message, trace: traceparentOf(offer) } }
    }
    const { task, attempt, payload } = message
    const about = { ...taskAttributes(task, attempt), ...peerAttributes(to) }
    const attributes = { ...about, ...payloadAttributes(payload.length) }
    const span = begin(this.#needs, 'payload', { parent: under(own.span), attributes, kind: SpanKind.CLIENT })
    return { message: { ...message, trace: traceparentOf(span) }, sent: () => end(span, this.#needs.now()) }
  }

  /** Ends all spans, because the daemon stops. */
  stop(now: number): void {
    for (const own of this.#open.values()) finish(own, now, null)
    this.#open.clear()
  }
}

/** Ends a task and all of its spans; without its end, because the daemon stops. */
function finish({ span, offers, accept }: OwnTask, now: number, closed: EventOf<'task_closed'> | null): void {
  for (const offer of offers.values()) end(offer, now, outcomeAttributes('unanswered'))
  if (accept) end(accept, now, outcomeAttributes(closed ? 'closed' : 'stopped'))
  if (closed === null) {
    end(span, now, outcomeAttributes('stopped'))
    return
  }
  const { outcome, why } = closed
  end(span, now, endAttributes(closed), outcome === 'accepted' ? null : (why ?? outcome))
}
