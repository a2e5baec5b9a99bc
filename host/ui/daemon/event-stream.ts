/** Follows the daemon's events by one stream, which is resumed where it broke. */
import { pageLimits } from '../../limits/page.ts'
import type { EventKind, StreamEvent } from '../../telemetry/catalogue.ts'
import { send } from './call.ts'
import { Refusal } from './refusal.ts'
import { piecesOf, serverEvents } from './server-events.ts'

/** The readers of a stream. None of them may throw. */
interface EventReader {
  /** Gets each event once, in order. After `reset` events are missing, so read again what is shown. */
  heard(event: StreamEvent): void
  /** Whether the stream is open. */
  linked(open: boolean): void
}

/**
 * Follows the events of these kinds until the signal is aborted. A stream that breaks is opened again after
 * `page_follow_pause_ms`, and continues after the last event. Rejects with a `Refusal` if the key is not valid any more.
 */
export async function followEvents(
  kinds: readonly EventKind[],
  key: string,
  { heard, linked }: EventReader,
  signal: AbortSignal,
): Promise<void> {
  let last = ''
  while (!signal.aborted) {
    try {
      const after = last === '' ? '' : `&after=${encodeURIComponent(last)}`
      const answer = await send({ path: `/api/events?kinds=${kinds.join()}${after}`, key }, signal)
      linked(true)
      for await (const data of serverEvents(piecesOf(answer))) {
        const event = JSON.parse(data) as StreamEvent
        last = event.id
        heard(event)
      }
    } catch (thrown) {
      if (thrown instanceof Refusal && thrown.status === 401) throw thrown
    }
    if (signal.aborted) return
    linked(false)
    await pause(pageLimits.page_follow_pause_ms, signal)
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
