/** Delivers webhooks: each event once to each of its receivers, with bounded tries and pauses. */
import type { Secrets } from '../config/secrets.ts'
import type { Webhook, WebhookEvent } from '../config/webhooks.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { StreamEvent } from '../telemetry/catalogue.ts'
import type { Emit, EventStream } from '../telemetry/events.ts'
import { failureOf } from '../telemetry/history.ts'
import type { Clock } from '../types/clock.ts'
import type { AgentKey } from '../types/events.ts'
import { Semaphore } from '../types/semaphore.ts'
import { webhookBody, webhookEventOf } from './body.ts'
import { signedHeaders } from './signed-headers.ts'

/** Parts that the delivery of webhooks uses. */
export interface WebhookNeeds {
  readonly webhooks: readonly Webhook[]
  readonly agent: AgentKey
  readonly events: EventStream
  readonly secrets: Pick<Secrets, 'get'>
  readonly clock: Clock
  readonly emit: Emit
  /** Returns why a task ended without an accepted result; null if it did not, or if that is not known. */
  whyEnded(task: string): Promise<string | null>
}

/** One body on its way to one receiver. */
interface Delivery {
  readonly webhook: Webhook
  /** The receiver's address without its query, which may hold a key. */
  readonly url: string
  /** The event's id, by which a receiver recognises a repetition. */
  readonly id: string
  readonly body: string
}

/**
 * Follows the events and delivers those of the webhooks. Disposing ends the tries that are under way; what is not delivered
 * then is not delivered later.
 */
export function openWebhooks(needs: WebhookNeeds): AsyncDisposable {
  const stop = new AbortController()
  const receivers = needs.webhooks.map((webhook) => new Receiver(webhook, needs, stop.signal))
  const hear = (event: StreamEvent): void => {
    const type = webhookEventOf(event)
    if (type !== null) for (const receiver of receivers) receiver.take(type, event)
  }
  const unfollow = receivers.length === 0 ? null : needs.events.follow({ kinds: ['tasks', 'policy'] }, hear)
  return {
    [Symbol.asyncDispose]: async () => {
      unfollow?.()
      stop.abort(new RippleError('RIPPLE_INTERRUPTED'))
      await Promise.all(receivers.map((receiver) => receiver.ended()))
    },
  }
}

/** One configured receiver, with its deliveries that wait or are under way. */
class Receiver {
  readonly #webhook: Webhook
  readonly #needs: WebhookNeeds
  readonly #stop: AbortSignal
  readonly #places = new Semaphore(limits.webhook_tries_at_once)
  readonly #waiting = new Set<Promise<void>>()
  readonly #url: string

  constructor(webhook: Webhook, needs: WebhookNeeds, stop: AbortSignal) {
    this.#webhook = webhook
    this.#needs = needs
    this.#stop = stop
    const { origin, pathname } = new URL(webhook.url)
    this.#url = `${origin}${pathname}`
  }

  /** Begins the delivery of an event, if the receiver wants it and has room. */
  take(type: WebhookEvent, event: StreamEvent): void {
    if (!this.#webhook.events.includes(type)) return
    const { emit } = this.#needs
    if (this.#waiting.size >= limits.webhooks_waiting_max) {
      const facts = { url: this.#url, max: limits.webhooks_waiting_max }
      const full = failureOf(new RippleError('RIPPLE_WEBHOOK_MANY', facts))
      emit({ type: 'webhook_failed', url: this.#url, event: event.id, tries: 0, ...full })
      return
    }
    const delivering = this.#deliver(type, event).catch(() => {})
    this.#waiting.add(delivering)
    void delivering.finally(() => this.#waiting.delete(delivering))
  }

  /** Resolves when no delivery is under way. */
  async ended(): Promise<void> {
    await Promise.all(this.#waiting)
  }

  /** Tries until the receiver has the event. Rejects only when the daemon stops. */
  async #deliver(type: WebhookEvent, event: StreamEvent): Promise<void> {
    const { agent, clock, emit, whyEnded } = this.#needs
    const why = type === 'failed' && 'task' in event ? await whyEnded(event.task).catch(() => null) : null
    const body = JSON.stringify(webhookBody(event, agent, why))
    const delivery = { webhook: this.#webhook, url: this.#url, id: event.id, body }
    let pauseMs: number = limits.webhook_pause_ms
    for (let tries = 1; ; tries++) {
      try {
        await this.#tryOnce(delivery)
        return emit({ type: 'webhook_sent', url: this.#url, event: event.id, tries })
      } catch (thrown) {
        this.#stop.throwIfAborted()
        if (tries === limits.webhook_tries_max)
          return emit({
            type: 'webhook_failed',
            url: this.#url,
            event: event.id,
            tries,
            ...failureOf(thrown),
          })
      }
      await clock.sleep(pauseMs, this.#stop)
      pauseMs *= limits.webhook_pause_growth
    }
  }

  /** Sends a delivery once, in its turn. Rejects with `RIPPLE_WEBHOOK_FAILED`, `RIPPLE_WEBHOOK_NO_SECRET`. */
  async #tryOnce(delivery: Delivery): Promise<void> {
    await this.#places.take(1, this.#stop)
    try {
      await send(delivery, this.#needs, this.#stop)
    } finally {
      this.#places.release(1)
    }
  }
}

async function send(
  { webhook, url, id, body }: Delivery,
  { secrets, clock }: WebhookNeeds,
  stop: AbortSignal,
): Promise<void> {
  const secret = await secrets.get(webhook.secret)
  if (secret === null) throw new RippleError('RIPPLE_WEBHOOK_NO_SECRET', { url, secret: webhook.secret })
  const response = await fetch(webhook.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'ripple',
      ...signedHeaders(id, clock.now(), body, secret),
    },
    body,
    // A permission for one address does not extend to another.
    redirect: 'manual',
    signal: AbortSignal.any([stop, AbortSignal.timeout(limits.webhook_try_ms)]),
  }).catch((thrown: Error & { cause?: Error }) => {
    const detail = thrown.cause?.message || thrown.message
    throw new RippleError('RIPPLE_WEBHOOK_FAILED', { url, detail }, { cause: thrown })
  })
  // The answer's text is not read: the receiver is not trusted with memory or log.
  await response.body?.cancel()
  if (!response.ok)
    throw new RippleError('RIPPLE_WEBHOOK_FAILED', { url, detail: `status ${response.status}` })
}
